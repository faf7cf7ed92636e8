// The Lua scripts of RedisFarCache: each is one step of far_cache.h's states.
//
// How a key is written, E its epoch (16 characters):
//   "L" E lease(16)                leased
//   "V" E format(4) value          value
//   "B" count                      blocked, by so many changes
// and the epoch key: run id (40) E. What is of another epoch is as none.
#pragma once

#include <array>
#include <string_view>

namespace ashlar::cache {

inline constexpr std::size_t kRunIdBytes = 40;

// KEYS: key, epoch. ARGV: format, lease, lease time in ms.
inline constexpr std::string_view kLookUpScript = R"(
local fence = redis.call('GET', KEYS[2])
if not fence then return {'F'} end
local epoch = string.sub(fence, 41)
local held = redis.call('GET', KEYS[1])
if held then
  local kind = string.sub(held, 1, 1)
  if kind == 'B' then return {'B'} end
  if string.sub(held, 2, 17) == epoch then
    if kind == 'L' then return {'L'} end
    if string.sub(held, 18, 21) == ARGV[1] then return {'V', string.sub(held, 22)} end
  end
end
redis.call('SET', KEYS[1], 'L' .. epoch .. ARGV[2], 'PX', ARGV[3])
return {'T'}
)";

// KEYS: key, epoch. ARGV: lease, format, value, ttl in ms. 1: stored.
inline constexpr std::string_view kStoreScript = R"(
local fence = redis.call('GET', KEYS[2])
if not fence then return 0 end
local epoch = string.sub(fence, 41)
if redis.call('GET', KEYS[1]) ~= 'L' .. epoch .. ARGV[1] then return 0 end
redis.call('SET', KEYS[1], 'V' .. epoch .. ARGV[2] .. ARGV[3], 'PX', ARGV[4])
return 1
)";

// KEYS: key. ARGV: lease.
inline constexpr std::string_view kReleaseScript = R"(
local held = redis.call('GET', KEYS[1])
if held and string.sub(held, 1, 1) == 'L' and string.sub(held, 18) == ARGV[1] then
  return redis.call('DEL', KEYS[1])
end
return 0
)";

// KEYS: key. ARGV: time in ms.
inline constexpr std::string_view kBlockScript = R"(
local held = redis.call('GET', KEYS[1])
local count = 1
if held and string.sub(held, 1, 1) == 'B' then count = tonumber(string.sub(held, 2)) + 1 end
redis.call('SET', KEYS[1], 'B' .. string.format('%d', count), 'PX', ARGV[1])
return count
)";

// KEYS: key.
inline constexpr std::string_view kUnblockScript = R"(
local held = redis.call('GET', KEYS[1])
if not held then return 0 end
if string.sub(held, 1, 1) == 'B' then
  local count = tonumber(string.sub(held, 2)) - 1
  if count > 0 then
    redis.call('SET', KEYS[1], 'B' .. string.format('%d', count), 'KEEPTTL')
    return count
  end
end
redis.call('DEL', KEYS[1])
return 0
)";

// KEYS: key.
inline constexpr std::string_view kEraseScript = R"(
local held = redis.call('GET', KEYS[1])
if held and string.sub(held, 1, 1) ~= 'B' then return redis.call('DEL', KEYS[1]) end
return 0
)";

// KEYS: epoch. ARGV: run id, new epoch, "1" to renew it whatever there is.
inline constexpr std::string_view kFenceScript = R"(
local fence = redis.call('GET', KEYS[1])
if fence and ARGV[3] == '0' and string.sub(fence, 1, 40) == ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1] .. ARGV[2])
return 1
)";

enum class Script : unsigned char { kLookUp, kStore, kRelease, kBlock, kUnblock, kErase, kFence };
inline constexpr std::array kScripts{kLookUpScript,  kStoreScript, kReleaseScript, kBlockScript,
                                     kUnblockScript, kEraseScript, kFenceScript};

}  // namespace ashlar::cache
