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
    /// addition that can't be and the first 25 bytes of the row there, which is one more than a counter has; `x` where a row that was sent ahead is gone; `d` and for each operation
    /// the sum of an addition, 1 or 0 for a delete, and else nothing.
    ///
    /// The head of each row is read once, since a batch names a key once: it decides the preconditions and additions, and
    /// tells which of the sorted sets have to change. Most writes replace a row, and then none has.
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

        local names, olds, conflicts = {}, {}
        local room = 131072
        for i = 7, #ARGV, 4 do
          local place, kind = (i - 3) / 4, byte(ARGV[i], 3)
          local name = base .. 'r' .. sub(ARGV[i], 2, 2) .. counted .. ARGV[i + 1]
          local old = call('GETRANGE', name, 0, 24)
          names[place], olds[place] = name, old
          if kind ~= 45 then
            local isLive = #old > 0 and byte(old, 2) == 0
            local holds
            if kind == 97 then holds = not isLive
            elseif kind == 118 then holds = #old == 0
            elseif kind == 101 then holds = isLive
            else holds = #old > 0 and ARGV[i + 3] == sub(old, 9, 16) end
            if not holds then
              conflicts = conflicts or {'c'}
              conflicts[#conflicts + 1] = place - 1
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
          local place, action = (i - 3) / 4, byte(ARGV[i])
          if action == 97 then
            local old, value = olds[place], sub(ARGV[i + 2], 17)
            if #old > 0 and byte(old, 2) == 0 then
              value = #old == 24 and sum(sub(old, 17), value) or nil
              if not value then return {'s', place - 1, old} end
            end
            outcomes = outcomes or {}
            outcomes[place] = value
          elseif action == 115 and call('EXISTS', base .. 's' .. ARGV[i + 2]) == 0 then
            return {'x'}
          end
        end

        for i = 7, #ARGV, 4 do
          local place, action, space = (i - 3) / 4, byte(ARGV[i]), sub(ARGV[i], 2, 2)
          local key, name, old = ARGV[i + 1], names[place], olds[place]
          local isThere = #old > 0
          local wasBuried = isThere and byte(old, 2) == 1
          if action == 100 then
            outcomes = outcomes or {}
            outcomes[place] = (isThere and not wasBuried) and 1 or 0
            if isThere then
              local index = base .. 'i' .. space .. partition
              call('UNLINK', name)
              call('ZREM', index, key)
              if wasBuried then call('ZREM', base .. 't' .. space .. partition, key) end
              if call('EXISTS', index) == 0 then call('ZREM', base .. 'p' .. space, partition) end
            end
          elseif action ~= 99 then
            local stored = ARGV[i + 2]
            if action == 115 then
              call('RENAME', base .. 's' .. stored, name)
              call('PERSIST', name)
            else
              if action == 97 then stored = sub(stored, 1, 16) .. outcomes[place] end
              call('SET', name, stored)
            end
            if not isThere then
              local index = base .. 'i' .. space .. partition
              call('ZADD', index, 0, key)
              if call('ZCARD', index) == 1 then call('ZADD', base .. 'p' .. space, 0, partition) end
            end
            if wasBuried and action ~= 98 then
              call('ZREM', base .. 't' .. space .. partition, key)
            elseif action == 98 and not wasBuried then
              call('ZADD', base .. 't' .. space .. partition, 0, key)
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
