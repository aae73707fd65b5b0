#if Redis
extension RedisScript {
    /// Applies a batch in one partition.
    ///
    /// Arguments: the epoch as eight bytes, or nothing; the partition; the partition with its length before it; a mark,
    /// or nothing, then the two bounds around its name; and for each operation four: letters for the action, the space
    /// and the precondition; the key; the row to be stored, or for `s` the name under which it was sent ahead, or the
    /// amount to be added behind the row's header; and the nonce that the precondition names, or nothing for one that
    /// matches no row.
    ///
    /// Replies `1`, or an array: `f` and the fence that does not admit the batch; `c` and for each operation in conflict
    /// its number and the row there, or 0 for rows beyond the first that have 128 KiB together; `s`, the number of an
    /// addition that can't be and the row there; `x` where a row that was sent ahead is gone; `d` and for each operation
    /// the sum of an addition, 1 or 0 for a delete, and else nothing.
    static let writeText = """
        local call, sub, byte = redis.call, string.sub, string.byte
        local base, epoch, partition, counted = KEYS[1], ARGV[1], ARGV[2], ARGV[3]
        local fence = call('GET', base .. 'f')
        if fence then
          local kind = byte(fence, 10)
          local isOwn = epoch == sub(fence, 2, 9) or (epoch == '' and kind == 0)
          if byte(fence, 1) ~= 1 or (kind ~= 0 and kind ~= 1) or not isOwn then return {'f', fence} end
        elseif epoch ~= '' and epoch ~= string.rep('\\0', 8) then
          return {'f', false}
        end

        local function row(i) return base .. 'r' .. sub(ARGV[i], 2, 2) .. counted .. ARGV[i + 1] end

        local function holds(kind, header, nonce)
          local isLive = #header > 0 and byte(header, 2) == 0
          if kind == 'a' then return not isLive end
          if kind == 'v' then return #header == 0 end
          if kind == 'e' then return isLive end
          return #header > 0 and nonce == sub(header, 9, 16)
        end

        local conflicts
        local room = 131072
        for i = 7, #ARGV, 4 do
          local kind = sub(ARGV[i], 3, 3)
          if kind ~= '-' then
            local name = row(i)
            if not holds(kind, call('GETRANGE', name, 0, 15), ARGV[i + 3]) then
              conflicts = conflicts or {'c'}
              conflicts[#conflicts + 1] = (i - 7) / 4
              local there = 0
              if room > 0 then
                there = call('GET', name)
                room = room - (there and #there or 0)
              end
              conflicts[#conflicts + 1] = there
            end
          end
        end
        if conflicts then return conflicts end

        local function sum(left, right)
          local bytes, carry = {}, 0
          for i = 8, 1, -1 do
            local digit = byte(left, i) + byte(right, i) + carry
            bytes[i] = digit % 256
            carry = digit >= 256 and 1 or 0
          end
          local sign = byte(left, 1) >= 128
          if sign == (byte(right, 1) >= 128) and sign ~= (bytes[1] >= 128) then return nil end
          return string.char(unpack(bytes))
        end

        local outcomes
        for i = 7, #ARGV, 4 do
          if byte(ARGV[i]) == 97 then
            local old = call('GET', row(i))
            local value = sub(ARGV[i + 2], 17)
            if old and byte(old, 2) == 0 then
              value = #old == 24 and sum(sub(old, 17), value) or nil
              if not value then return {'s', (i - 7) / 4, old} end
            end
            outcomes = outcomes or {}
            outcomes[(i - 7) / 4 + 1] = value
          elseif byte(ARGV[i]) == 115 and call('EXISTS', base .. 's' .. ARGV[i + 2]) == 0 then
            return {'x'}
          end
        end

        for i = 7, #ARGV, 4 do
          local action, space = sub(ARGV[i], 1, 1), sub(ARGV[i], 2, 2)
          local key, place = ARGV[i + 1], (i - 7) / 4 + 1
          local index, tombstones = base .. 'i' .. space .. partition, base .. 't' .. space .. partition
          if action == 'd' then
            local name = row(i)
            local header = call('GETRANGE', name, 0, 15)
            outcomes = outcomes or {}
            outcomes[place] = (#header > 0 and byte(header, 2) == 0) and 1 or 0
            if #header > 0 then
              call('UNLINK', name)
              call('ZREM', index, key)
              if byte(header, 2) == 1 then call('ZREM', tombstones, key) end
              if call('EXISTS', index) == 0 then call('ZREM', base .. 'p' .. space, partition) end
            end
          elseif action ~= 'c' then
            local stored = ARGV[i + 2]
            if action == 's' then
              call('RENAME', base .. 's' .. stored, row(i))
              call('PERSIST', row(i))
            else
              if action == 'a' then stored = sub(stored, 1, 16) .. outcomes[place] end
              call('SET', row(i), stored)
            end
            if call('ZADD', index, 0, key) == 1 then
              if call('ZCARD', index) == 1 then call('ZADD', base .. 'p' .. space, 0, partition) end
              if action == 'b' then call('ZADD', tombstones, 0, key) end
            elseif action == 'b' then
              call('ZADD', tombstones, 0, key)
            else
              call('ZREM', tombstones, key)
            end
          end
        end

        if ARGV[4] ~= '' then
          call('ZREMRANGEBYLEX', base .. 'm', ARGV[5], ARGV[6])
          call('ZADD', base .. 'm', 0, ARGV[4])
        end
        if not outcomes then return 1 end
        local reply = {'d'}
        for place = 1, (#ARGV - 6) / 4 do reply[place + 1] = outcomes[place] or false end
        return reply
        """
}
#endif
