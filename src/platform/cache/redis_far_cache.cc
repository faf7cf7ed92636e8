#include "platform/cache/redis_far_cache.h"

#include <array>
#include <charconv>
#include <optional>
#include <utility>

#include "platform/cache/redis_pool.h"

namespace ashlar::cache {
namespace {

// 16 hex digits.
std::string text_of(std::uint64_t lease) {
  std::array<char, 16> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), lease, 16).ptr;
  std::string text(digits.data(), end);
  return std::string(16 - text.size(), '0') + text;
}

FarLookup answer_of(RedisReply& reply, std::uint64_t lease) {
  if (reply.items.empty()) return {};
  const std::string& kind = reply.items.front().text;
  if (kind == "V" && reply.items.size() == 2) {
    return {.answer = FarAnswer::kHit, .value = std::move(reply.items[1].text)};
  }
  if (kind == "T") return {.answer = FarAnswer::kLease, .lease = lease};
  if (kind == "L") return {.answer = FarAnswer::kBusy};
  if (kind == "B") return {.answer = FarAnswer::kBlocked};
  return {};
}

}  // namespace

struct RedisFarCache::Impl {
  RedisPool pool;
  base::Entropy& entropy;
  const std::string key_prefix;
  const std::string epoch_key;

  Impl(const RedisFarOptions& options, const base::Clock& clock, base::Entropy& chance,
       obs::Registry& metrics, obs::Log& log)
      : pool(options, clock, chance, metrics, log),
        entropy(chance),
        key_prefix(options.prefix + ":k:"),
        epoch_key(options.prefix + ":e") {}

  [[nodiscard]] std::string name(const std::string& key) const { return key_prefix + key; }

  // The same script for each key, all in one round trip.
  bool for_each(Script script, Keys keys, const std::vector<std::string_view>& arguments) {
    std::vector<std::string> names;
    names.reserve(keys.size());
    for (const std::string& key : keys) names.push_back(name(key));
    std::vector<ScriptCall> calls;
    calls.reserve(keys.size());
    for (const std::string& key : names) calls.push_back({script, {key}, arguments});
    return pool.run(calls).has_value();
  }
};

RedisFarCache::RedisFarCache(const RedisFarOptions& options, const base::Clock& clock,
                             base::Entropy& entropy, obs::Registry& metrics, obs::Log& log)
    : impl_(std::make_unique<Impl>(options, clock, entropy, metrics, log)) {}

RedisFarCache::~RedisFarCache() = default;

std::vector<FarLookup> RedisFarCache::look_up(Keys keys, const FarFormat& format,
                                              base::Millis lease_time) {
  const std::string time = std::to_string(lease_time.count());
  std::vector<std::uint64_t> leases;
  std::vector<std::string> names;
  std::vector<std::string> texts;
  for (const std::string& key : keys) {
    leases.push_back(impl_->entropy.u64() | 1);  // 0 is none
    names.push_back(impl_->name(key));
    texts.push_back(text_of(leases.back()));
  }
  std::vector<ScriptCall> calls;
  for (std::size_t i = 0; i < names.size(); ++i) {
    calls.push_back({Script::kLookUp, {names[i], impl_->epoch_key}, {format, texts[i], time}});
  }
  std::vector<FarLookup> found(keys.size());
  std::optional<std::vector<RedisReply>> replies = impl_->pool.run(calls);
  if (!replies) return found;
  for (std::size_t i = 0; i < found.size(); ++i) found[i] = answer_of((*replies)[i], leases[i]);
  return found;
}

FarStored RedisFarCache::store(const std::string& key, std::uint64_t lease, const FarFormat& format,
                               std::string_view value, base::Millis ttl) {
  const std::string whole = impl_->name(key);
  const std::string token = text_of(lease);
  const std::string time = std::to_string(ttl.count());
  const ScriptCall call{Script::kStore, {whole, impl_->epoch_key}, {token, format, value, time}};
  const auto replies = impl_->pool.run({&call, 1});
  if (!replies) return FarStored::kDown;
  return replies->front().integer == 1 ? FarStored::kStored : FarStored::kSuperseded;
}

void RedisFarCache::release(const std::string& key, std::uint64_t lease) {
  const std::string whole = impl_->name(key);
  const std::string token = text_of(lease);
  const ScriptCall call{Script::kRelease, {whole}, {token}};
  // Where it fails the lease ends by its time.
  static_cast<void>(impl_->pool.run({&call, 1}));
}

bool RedisFarCache::block(Keys keys, std::uint64_t who, base::Millis at_most) {
  const std::string holder = text_of(who);
  const std::string time = std::to_string(at_most.count());
  return impl_->for_each(Script::kBlock, keys, {holder, time});
}

bool RedisFarCache::unblock(Keys keys, std::uint64_t who) {
  const std::string holder = text_of(who);
  return impl_->for_each(Script::kUnblock, keys, {holder});
}

bool RedisFarCache::erase(Keys keys) { return impl_->for_each(Script::kErase, keys, {}); }

bool RedisFarCache::renew_epoch() { return impl_->pool.renew_epoch(); }

void RedisFarCache::tend() { impl_->pool.tend(); }

}  // namespace ashlar::cache
