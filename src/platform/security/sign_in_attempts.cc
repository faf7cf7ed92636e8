#include "platform/security/sign_in_attempts.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>

namespace ashlar::security {
namespace {

// IPv6 hosts choose among 2^64 addresses of their own: the network stands for them. What is no
// address is taken as it is.
std::string group_of(std::string_view address) {
  std::string text(address.substr(0, 64));
  std::array<unsigned char, 16> bytes{};
  if (inet_pton(AF_INET6, text.c_str(), bytes.data()) != 1) return text;
  const bool mapped_v4 =
      std::all_of(bytes.begin(), bytes.begin() + 10, [](unsigned char b) { return b == 0; }) &&
      bytes[10] == 0xff && bytes[11] == 0xff;
  const std::size_t length = mapped_v4 ? 16 : 8;
  return {reinterpret_cast<const char*>(bytes.data()), length};
}

}  // namespace

void SignInAttempts::refill(Bucket& bucket, const Rate& rate, base::Mono now) {
  const double seconds = std::chrono::duration<double>(now - bucket.at).count();
  bucket.tokens = std::min(rate.capacity, bucket.tokens + std::max(0.0, seconds) * rate.per_second);
  bucket.at = now;
}

SignInAttempts::Bucket& SignInAttempts::bucket_of(std::string_view address, base::Mono now) {
  std::string group = group_of(address);
  const auto known = by_text_.find(group);
  if (known != by_text_.end()) {
    addresses_.splice(addresses_.begin(), addresses_, known->second);
  } else {
    if (addresses_.size() >= kMaxAddresses) {
      by_text_.erase(addresses_.back().text);
      addresses_.pop_back();
    }
    addresses_.push_front({group, {kPerAddress.capacity, now}});
    by_text_.emplace(std::move(group), addresses_.begin());
  }
  Bucket& bucket = addresses_.front().bucket;
  refill(bucket, kPerAddress, now);
  return bucket;
}

std::optional<base::Seconds> SignInAttempts::wait_for(const Bucket& bucket, const Rate& rate) {
  if (bucket.tokens >= 1) return std::nullopt;
  const double wait_s = std::ceil((1 - bucket.tokens) / rate.per_second);
  return std::max(base::Seconds(1), base::Seconds(static_cast<std::int64_t>(wait_s)));
}

std::optional<base::Seconds> SignInAttempts::admit(std::string_view address, base::Mono now) {
  const std::lock_guard lock(mutex_);
  if (!global_) global_ = Bucket{kGlobal.capacity, now};
  refill(*global_, kGlobal, now);
  if (const auto wait = wait_for(*global_, kGlobal)) return wait;
  Bucket& own = bucket_of(address, now);
  if (const auto wait = wait_for(own, kPerAddress)) return wait;
  own.tokens -= 1;
  global_->tokens -= 1;
  return std::nullopt;
}

void SignInAttempts::succeeded(std::string_view address, base::Mono now) {
  const std::lock_guard lock(mutex_);
  if (!global_) return;
  refill(*global_, kGlobal, now);
  global_->tokens = std::min(kGlobal.capacity, global_->tokens + 1);
  Bucket& own = bucket_of(address, now);
  own.tokens = std::min(kPerAddress.capacity, own.tokens + 1);
}

}  // namespace ashlar::security
