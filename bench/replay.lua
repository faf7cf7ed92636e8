-- For wrk: replays the paths of a file, one a request, from the SKIP-th on and round and round. HEADERS go with each, if given.
--   wrk -s bench/replay.lua URL -- FILE SKIP [HEADERS]
-- The requests are made before the run, so that a run costs wrk no more than one look into a table each.
local requests, count, at = {}, 0, 0

function init(args)
  for path in io.lines(args[1]) do
    count = count + 1
    requests[count] = "GET " .. path .. " HTTP/1.1\r\nHost: 127.0.0.1\r\n" .. (args[3] or "") .. "\r\n"
  end
  at = tonumber(args[2]) % count
end

function request()
  at = at % count + 1
  return requests[at]
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format("requests=%d\nduration_us=%d\nwrong_answers=%d\nbroken=%d\np99_us=%d\n", summary.requests,
    summary.duration, errors.status, errors.connect + errors.read + errors.write + errors.timeout, latency:percentile(99)))
end
