#if Redis
extension RedisScript {
    /// Reads a page of one partition, or of a bucket from a place in it.
    ///
    /// Arguments: the space; the partition to begin in, or nothing for the bucket's first; the two bounds in it, the
    /// first in the direction of the scan; the most keys and bytes; 1 for headers alone, 1 for downwards, and 1 for going on
    /// to the other partitions of the bucket.
    ///
    /// Replies 1 when it came to the end, else 0; then for each partition its name and an array of keys and rows by
    /// turns. A row that is not there any more, since the server removed it, is nothing.
    static let scanText = """
        local call = redis.call
        local base, space, partition, from, to = KEYS[1], ARGV[1], ARGV[2], ARGV[3], ARGV[4]
        local limit, room = tonumber(ARGV[5]), tonumber(ARGV[6])
        local keysOnly, goesOn = ARGV[7] == '1', ARGV[9] == '1'
        local range, first, last = 'ZRANGEBYLEX', '-', '+'
        if ARGV[8] == '1' then range, first, last = 'ZREVRANGEBYLEX', '+', '-' end
        local reply = {1}

        local function read()
          local rows = {}
          local index, names = base .. 'i' .. space .. partition, base .. 'r' .. space .. #partition .. ':' .. partition
          while true do
            local most = math.min(limit, 64)
            local keys = call(range, index, from, to, 'LIMIT', 0, most)
            for i = 1, #keys do
              local key = keys[i]
              local row = keysOnly and call('GETRANGE', names .. key, 0, 15) or call('GET', names .. key)
              if row == '' then row = false end
              rows[#rows + 1] = key
              rows[#rows + 1] = row
              limit = limit - 1
              room = room - #key - (row and #row or 0)
              if limit <= 0 or room <= 0 then
                reply[#reply + 1] = partition
                reply[#reply + 1] = rows
                return true
              end
            end
            if #keys < most then break end
            from = '(' .. keys[#keys]
          end
          if #rows > 0 then
            reply[#reply + 1] = partition
            reply[#reply + 1] = rows
          end
          return false
        end

        while true do
          if partition ~= '' and read() then
            reply[1] = 0
            return reply
          end
          if not goesOn then return reply end
          local after = partition == '' and first or '(' .. partition
          partition = call(range, base .. 'p' .. space, after, last, 'LIMIT', 0, 1)[1]
          if not partition then return reply end
          from, to = first, last
        end
        """

    /// Counts the rows of one partition, or of some of a bucket's.
    ///
    /// Arguments: the space; the partition, or nothing for partitions of the bucket; the lower and the upper bound, in
    /// the partition or of partitions; 1 for counting tombstones too; the most partitions.
    ///
    /// Replies the number, and the last partition if more may follow.
    static let countText = """
        local call = redis.call
        local base, space, partition = KEYS[1], ARGV[1], ARGV[2]

        local function count(partition, from, to)
          local rows = call('ZLEXCOUNT', base .. 'i' .. space .. partition, from, to)
          if ARGV[5] == '1' then return rows end
          return rows - call('ZLEXCOUNT', base .. 't' .. space .. partition, from, to)
        end

        if partition ~= '' then return {count(partition, ARGV[3], ARGV[4]), false} end
        local most = tonumber(ARGV[6])
        local partitions = call('ZRANGEBYLEX', base .. 'p' .. space, ARGV[3], ARGV[4], 'LIMIT', 0, most)
        local total = 0
        for i = 1, #partitions do total = total + count(partitions[i], '-', '+') end
        return {total, #partitions == most and partitions[#partitions] or false}
        """

    /// Reads marks. Arguments: the lower bound, and the most marks and bytes. A mark may name as many keys as a batch
    /// has, so they are read one by one.
    ///
    /// Replies 1 when it came to the end, else 0; then the marks.
    static let marksText = """
        local from, limit, room = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
        local reply = {1}
        while true do
          local mark = redis.call('ZRANGEBYLEX', KEYS[1] .. 'm', from, '+', 'LIMIT', 0, 1)[1]
          if not mark then return reply end
          reply[#reply + 1] = mark
          limit, room = limit - 1, room - #mark
          if limit <= 0 or room <= 0 then
            reply[1] = 0
            return reply
          end
          from = '(' .. mark
        end
        """
}
#endif
