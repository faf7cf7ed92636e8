#include "modules/limits/redis_scripts.h"

namespace ashlar::limits {

const std::string_view kDecideScript = R"(
local call, floor, min, unp = redis.call, math.floor, math.min, struct.unpack
local now, each, n, MAX = tonumber(ARGV[1]), ARGV[2] == 'e', #KEYS, 9007199254740991
local raw, S, dirty, asks, never = {}, {}, {}, {}, -MAX

local function mul_div_up(a, b, d)
  local q, r = 0, 0
  if a * b < MAX then
    q = floor(a * b / d)
    r = a * b - q * d
  else
    local p = 2251799813685248
    while p >= 1 do
      local digit = floor(a / p)
      a = a - digit * p
      local x = r * 8 + digit * b
      local s = floor(x / d)
      q = q * 8 + s
      r = x - s * d
      p = p / 8
    end
  end
  if r > 0 then return q + 1 end
  return q
end

local function decode(k, kind)
  local text = raw[k]
  if kind == 'w' then
    S[k] = text and math.max(0, tonumber(text)) or 0
  elseif kind == 'g' then
    S[k] = text and {unp('<dd', text)} or {never, 0}
  elseif kind == 'c' then
    S[k] = text and {unp('<ddd', text)} or {never, 0, 0}
  else
    local log = {used = 0}
    for at = 1, text and #text or 0, 16 do
      local when, cost = unp('<dd', text, at)
      log[#log + 1] = {when, cost}
      log.used = log.used + cost
    end
    S[k] = log
  end
end

local act = {}

function act.w(a, k, action)
  local used, cost, limit = S[k], a[4], a[5]
  if action == 'r' then
    S[k] = used - min(used, cost)
    return true
  end
  local fits = used <= limit and cost <= limit - used
  if action == 'c' or action == 't' and fits then S[k] = used + min(cost, MAX - used) end
  return fits
end

function act.c(a, k, action)
  local s, cost, limit, last, period = S[k], a[4], a[5], a[6], a[7]
  local finish, current, previous = s[1], s[2], s[3]
  if finish <= now then
    previous = last - finish <= period and current or 0
    finish, current = last, 0
  elseif finish - now > 2 * period then
    finish, current, previous = last, min(current + previous, MAX), 0
  end
  local fits = true
  if action == 'r' then
    local back = min(current, cost)
    current = current - back
    previous = previous - min(previous, cost - back)
  else
    local used = current
    if previous > 0 then
      used = used + mul_div_up(previous, min(finish - now, period), period)
    end
    fits = used <= limit and cost <= limit - used
    if action == 'c' or action == 't' and fits then
      current = current + min(cost, MAX - current)
    end
  end
  S[k] = {finish, current, previous}
  return fits
end

function act.l(a, k, action)
  local log, cost, limit, period, grain, offset = S[k], a[4], a[5], a[6], a[7], a[8]
  local at, newest = now, log[#log]
  if newest and newest[1] > now then
    if newest[1] - now > period then
      local by = newest[1] - now
      for i = 1, #log do log[i][1] = log[i][1] - by end
    else
      at = newest[1]
    end
  end
  while log[1] and at - log[1][1] >= period do
    log.used = log.used - log[1][2]
    table.remove(log, 1)
  end
  if action == 'r' then
    while cost > 0 and #log > 0 do
      newest = log[#log]
      local back = min(cost, newest[2])
      newest[2], log.used, cost = newest[2] - back, log.used - back, cost - back
      if newest[2] == 0 then log[#log] = nil end
    end
    return true
  end
  local fits = log.used <= limit and cost <= limit - log.used
  if cost > 0 and (action == 'c' or action == 't' and fits) then
    cost = min(cost, MAX - log.used)
    newest = log[#log]
    log.used = log.used + cost
    local same = newest and newest[1] == at
    if newest and grain > 1 then
      same = floor((newest[1] + offset) / grain) == floor((at + offset) / grain)
    end
    if newest and (#log >= 64 or same) then
      newest[1], newest[2] = at, newest[2] + cost
    else
      log[#log + 1] = {at, cost}
    end
  end
  return fits
end

function act.g(a, k, action)
  local tat, rest, amount, period = S[k][1], S[k][2], a[9], a[10]
  local time, parts, fill, fill_rest = a[5], a[6], a[7], a[8]
  local most = fill + floor(period / 2)
  local debt, debt_rest = 0, 0
  if tat >= now then
    debt, debt_rest = tat - now, rest
    if debt > fill + period then
      debt, debt_rest = most, fill_rest
    elseif rest >= amount then
      debt, debt_rest = debt + 1, 0
    end
  end
  if action == 'r' then
    if debt < time or debt == time and debt_rest <= parts then
      S[k] = {never, 0}
      return true
    end
    debt, debt_rest = debt - time, debt_rest - parts
    if debt_rest < 0 then debt, debt_rest = debt - 1, debt_rest + amount end
    S[k] = {now + debt, debt_rest}
    return true
  end
  local wanted, wanted_rest = debt + time, debt_rest + parts
  if wanted_rest >= amount then wanted, wanted_rest = wanted + 1, wanted_rest - amount end
  local fits = a[11] == 0 and (wanted < fill or wanted == fill and wanted_rest <= fill_rest)
  if action == 'c' then
    if most < debt or most == debt and fill_rest <= debt_rest then
      most, fill_rest = debt, debt_rest
    end
    if wanted > most or wanted == most and wanted_rest > fill_rest then
      wanted, wanted_rest = most, fill_rest
    end
    debt, debt_rest = wanted, wanted_rest
  elseif action == 't' and fits then
    debt, debt_rest = wanted, wanted_rest
  end
  if debt > 0 or debt_rest > 0 then S[k] = {now + debt, debt_rest} end
  return fits
end

local out, refused, quotas, over = {0}, false, 0, 0
for i = 1, n do
  local k, a = KEYS[i], {unp('<c1c1c1ddddddddd', ARGV[i + 2])}
  asks[i] = a
  if raw[k] == nil then
    raw[k] = call('GET', k)
    decode(k, a[1])
  end
  out[i + 1] = raw[k]
  local action = a[2]
  if each and action == 't' then action = 'c' end
  local fits = act[a[1]](a, k, action)
  if action ~= 'p' and (fits or action ~= 't') then dirty[k] = i end
  local bad = not fits and (a[2] == 't' or a[2] == 'p')
  if a[3] == 'q' or a[3] == 'b' then
    quotas = quotas + 1
    if bad and a[3] == 'q' then over = over + 1 end
  elseif a[3] == 'n' and bad then
    refused = true
  end
end
refused = refused or quotas > 0 and over == quotas

if refused and not each then
  dirty = {}
  for i = 1, n do decode(KEYS[i], asks[i][1]) end
  for i = 1, n do
    local a = asks[i]
    if a[2] == 'c' or a[2] == 'r' then
      act[a[1]](a, KEYS[i], a[2])
      dirty[KEYS[i]] = i
    end
  end
end

for k, i in pairs(dirty) do
  local a, s = asks[i], S[k]
  if a[1] == 'w' then
    if raw[k] then
      local more = s - tonumber(raw[k])
      if more ~= 0 then call('INCRBY', k, string.format('%.0f', more)) end
    elseif s > 0 then
      call('SET', k, string.format('%.0f', s), 'PX', a[12])
    end
  else
    local text
    if a[1] == 'g' then
      text = s[1] ~= never and struct.pack('<dd', s[1], s[2]) or nil
    elseif a[1] == 'c' then
      text = s[2] + s[3] > 0 and struct.pack('<ddd', s[1], s[2], s[3]) or nil
    elseif #s > 0 then
      local parts = {}
      for j = 1, #s do parts[j] = struct.pack('<dd', s[j][1], s[j][2]) end
      text = table.concat(parts)
    end
    if text then
      call('SET', k, text, 'PX', a[12])
    elseif raw[k] then
      call('DEL', k)
    end
  end
end
if not refused then out[1] = 1 end
return out
)";

const std::string_view kWindowsScript = R"(
local call, n, each = redis.call, #KEYS, ARGV[1] == 'e'
local held = call('MGET', unpack(KEYS))
local fit, refused, quotas, over = {}, false, 0, 0
for i = 1, n do
  local used, limit = math.max(0, tonumber(held[i] or 0)), tonumber(ARGV[4 * i - 2])
  local kind = ARGV[4 * i]
  local fits = used <= limit and tonumber(ARGV[4 * i - 1]) <= limit - used
  fit[i] = fits
  if kind == 'n' then
    if not fits then refused = true end
  elseif kind ~= 's' then
    quotas = quotas + 1
    if kind == 'q' and not fits then over = over + 1 end
  end
end
refused = refused or quotas > 0 and over == quotas
for i = 1, n do
  local cost = ARGV[4 * i - 1]
  if (each or fit[i] and not refused) and cost ~= '0' then
    if held[i] then
      call('INCRBY', KEYS[i], cost)
    else
      call('SET', KEYS[i], cost, 'PX', ARGV[4 * i + 1])
    end
  end
end
if refused then return {0, unpack(held)} end
return {1, unpack(held)}
)";

}  // namespace ashlar::limits
