#include "modules/tasks/lease_token.h"

#include <cstdint>
#include <cstring>
#include <limits>

#include "base/check.h"
#include "base/encoding.h"
#include "base/text.h"
#include "base/varint.h"

namespace ashlar::tasks {
namespace {

constexpr std::size_t kTagBytes = 16;

void append_word(std::string& out, std::uint64_t word) {
  for (int i = 0; i < 8; ++i) out += static_cast<char>(word >> (8 * i));
}

std::int64_t millis_of(base::Time time) {
  return std::chrono::floor<base::Millis>(time).time_since_epoch().count();
}

}  // namespace

LeaseTokens::LeaseTokens(std::string_view secret) {
  CHECK(secret.size() == kSecretBytes);
  std::memcpy(first_.data(), secret.data(), sizeof first_);
  std::memcpy(second_.data(), secret.data() + sizeof first_, sizeof second_);
}

std::string LeaseTokens::tag(base::TenantId tenant, std::string_view body) const {
  std::string text = "ashlar lease 1";
  append_word(text, static_cast<std::uint64_t>(tenant.value));
  text += body;
  std::string out;
  append_word(out, kit::siphash(first_, text));
  append_word(out, kit::siphash(second_, text));
  return out;
}

std::string LeaseTokens::make(base::TenantId tenant, const LeaseToken& token) const {
  std::string body;
  base::append_varint(body, static_cast<std::uint64_t>(token.lease.id.value));
  base::append_varint(body, static_cast<std::uint64_t>(token.lease.attempt));
  base::append_varint(body, static_cast<std::uint64_t>(millis_of(token.deadline)));
  base::append_varint(body, static_cast<std::uint64_t>(token.time.count()));
  return base::base64url_encode(body + tag(tenant, body));
}

std::optional<LeaseToken> LeaseTokens::read(base::TenantId tenant, std::string_view text) const {
  if (text.size() > kMaxBytes) return std::nullopt;
  const std::optional<std::string> bytes = base::base64url_decode(text);
  if (!bytes || bytes->size() <= kTagBytes) return std::nullopt;
  std::string_view body(bytes->data(), bytes->size() - kTagBytes);
  if (!base::constant_time_equals(tag(tenant, body), std::string_view(*bytes).substr(body.size())))
    return std::nullopt;
  std::uint64_t id = 0;
  std::uint64_t attempt = 0;
  std::uint64_t deadline = 0;
  std::uint64_t time = 0;
  if (!base::read_varint(body, id) || !base::read_varint(body, attempt) ||
      !base::read_varint(body, deadline) || !base::read_varint(body, time) || !body.empty()) {
    return std::nullopt;
  }
  constexpr std::uint64_t kMost = std::numeric_limits<std::int64_t>::max();
  if (id > kMost || attempt > std::numeric_limits<int>::max() || deadline > kMost / 1000 ||
      time > kMost / 1'000'000) {
    return std::nullopt;
  }
  return LeaseToken{{jobs::JobId(static_cast<std::int64_t>(id)), static_cast<int>(attempt)},
                    base::from_micros(static_cast<std::int64_t>(deadline) * 1000),
                    base::Millis{static_cast<std::int64_t>(time)}};
}

}  // namespace ashlar::tasks
