#include "modules/limits/reservation.h"

#include <optional>
#include <utility>

#include "base/check.h"
#include "base/encoding.h"
#include "base/text.h"
#include "base/varint.h"
#include "modules/limits/attributes.h"
#include "modules/limits/batch.h"
#include "platform/security/digest.h"

namespace ashlar::limits {
namespace {

base::Error wrong(const char* field, const char* reason, const char* detail) {
  return base::Error{base::Code::kInvalid, reason, detail, {{field, reason, detail}}};
}

constexpr std::string_view kPurpose = "ashlar reservation 1";
constexpr std::size_t kHashBlockBytes = 64;
// All attributes in one key, each of their characters escaped.
constexpr std::size_t kMaxKeyBytes = kMaxAttributes * (2 * kMaxAttributeBytes + 1);

void append_text(std::string& out, std::string_view text) {
  base::append_varint(out, text.size());
  out += text;
}

bool read_text(std::string_view& rest, std::size_t most, std::string& out) {
  std::uint64_t size = 0;
  if (!base::read_varint(rest, size) || size > most || size > rest.size()) return false;
  out = rest.substr(0, size);
  rest.remove_prefix(size);
  return true;
}

bool read_time(std::string_view& rest, base::Time& out) {
  std::uint64_t micros = 0;
  if (!base::read_varint(rest, micros) || micros > INT64_MAX) return false;
  out = base::from_micros(static_cast<std::int64_t>(micros));
  return true;
}

std::optional<Reservation> read_body(std::string_view body) {
  Reservation out;
  std::uint64_t tenant = 0;
  std::uint64_t takes = 0;
  std::uint64_t lasts_ms = 0;
  if (!base::read_varint(body, tenant) || !read_text(body, ReservationCodec::kIdChars, out.id) ||
      !base::read_varint(body, lasts_ms) || !read_time(body, out.expires_at) ||
      !base::read_varint(body, takes) || takes > Batch::kMaxAsks) {
    return std::nullopt;
  }
  if (lasts_ms > static_cast<std::uint64_t>(ReservationCodec::kMaxLife.count())) return {};
  out.lasts = base::Millis{static_cast<std::int64_t>(lasts_ms)};
  out.tenant = base::TenantId(static_cast<std::int64_t>(tenant));
  for (std::uint64_t i = 0; i < takes; ++i) {
    Reservation::Take& take = out.takes.emplace_back();
    if (!base::read_varint(body, take.limit_id) || !read_text(body, kMaxKeyBytes, take.key) ||
        !base::read_varint(body, take.cost) || !read_time(body, take.counts_until)) {
      return std::nullopt;
    }
  }
  if (!body.empty()) return std::nullopt;
  return out;
}

std::string padded(const std::string& secret, char pad) {
  std::string block(kHashBlockBytes, pad);
  for (std::size_t i = 0; i < secret.size(); ++i) {
    block[i] = static_cast<char>(block[i] ^ secret[i]);
  }
  return block;
}

}  // namespace

ReservationCodec::ReservationCodec(const std::string& secret)
    : inner_pad_(padded(secret, '\x36')), outer_pad_(padded(secret, '\x5c')) {
  CHECK(secret.size() == kSecretBytes);
}

// RFC 2104.
std::string ReservationCodec::tag(std::string_view body) const {
  std::string inner = inner_pad_;
  inner.append(kPurpose).append(body);
  return security::sha256(outer_pad_ + security::sha256(inner));
}

base::Result<std::string> ReservationCodec::encode(const Reservation& reservation) const {
  std::string body;
  base::append_varint(body, static_cast<std::uint64_t>(reservation.tenant.value));
  append_text(body, reservation.id);
  base::append_varint(body, static_cast<std::uint64_t>(reservation.lasts.count()));
  base::append_varint(body, static_cast<std::uint64_t>(base::to_micros(reservation.expires_at)));
  base::append_varint(body, reservation.takes.size());
  for (const Reservation::Take& take : reservation.takes) {
    base::append_varint(body, take.limit_id);
    append_text(body, take.key);
    base::append_varint(body, take.cost);
    base::append_varint(body, static_cast<std::uint64_t>(base::to_micros(take.counts_until)));
  }
  std::string text = base::base64url_encode(body + tag(body));
  if (text.size() > kMaxBytes) {
    return wrong("/attributes", "reservation_too_large",
                 "So many rules with such long keys cannot be reserved at once.");
  }
  return text;
}

base::Result<Reservation> ReservationCodec::decode(base::TenantId tenant,
                                                   std::string_view text) const {
  const auto invalid = [] {
    return wrong("/reservation", "reservation_invalid", "This is no reservation of this tenant.");
  };
  if (text.size() > kMaxBytes) return invalid();
  const std::optional<std::string> bytes = base::base64url_decode(text);
  if (!bytes || bytes->size() < security::kSha256Bytes) return invalid();
  const std::string_view body(bytes->data(), bytes->size() - security::kSha256Bytes);
  const std::string_view given = std::string_view(*bytes).substr(body.size());
  if (!base::constant_time_equals(tag(body), given)) return invalid();
  std::optional<Reservation> reservation = read_body(body);
  if (!reservation || reservation->tenant != tenant) return invalid();
  return std::move(*reservation);
}

}  // namespace ashlar::limits
