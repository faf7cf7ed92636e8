// The Lua scripts of RedisFarCache: each is one step of far_cache.h's states.
//
// How a key is written, E its epoch (16 characters):
//   "L" E lease(16)                leased
//   "V" E format(4) value          value
//   "B" who(16) who(16) …          blocked, by these changes
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

// KEYS: key. ARGV: who, time in ms. 1025 bytes: kMaxBlocks of them.
inline constexpr std::string_view kBlockScript = R"(
local held = redis.call('GET', KEYS[1])
if not held or string.sub(held, 1, 1) ~= 'B' then held = 'B' end
if #held >= 1025 then return redis.error_reply('too many changes of one key') end
redis.call('SET', KEYS[1], held .. ARGV[1], 'PX', ARGV[2])
return 1
)";

// KEYS: key. ARGV: who.
inline constexpr std::string_view kUnblockScript = R"(
local held = redis.call('GET', KEYS[1])
if not held then return 0 end
if string.sub(held, 1, 1) == 'B' then
  local left = 'B'
  for at = 2, #held, 16 do
    local who = string.sub(held, at, at + 15)
    if who ~= ARGV[1] then left = left .. who end
  end
  if #left > 1 then
    redis.call('SET', KEYS[1], left, 'KEEPTTL')
    return 1
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
