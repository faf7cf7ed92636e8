#include "modules/documents/document_token.h"

#include <limits>
#include <utility>

#include "base/check.h"
#include "base/encoding.h"
#include "base/text.h"
#include "base/varint.h"
#include "platform/security/digest.h"
#include "platform/security/hmac.h"

namespace ashlar::documents {
namespace {

constexpr char kVersion = 2;
constexpr std::uint64_t kMost = std::numeric_limits<std::int64_t>::max();

void append_text(std::string& out, std::string_view text) {
  base::append_varint(out, text.size());
  out += text;
}

bool read_text(std::string_view& rest, std::string& text) {
  std::uint64_t bytes = 0;
  if (!base::read_varint(rest, bytes) || bytes > rest.size()) return false;
  text = rest.substr(0, bytes);
  rest.remove_prefix(bytes);
  return true;
}

bool read_number(std::string_view& rest, std::int64_t& number) {
  std::uint64_t value = 0;
  if (!base::read_varint(rest, value) || value > kMost) return false;
  number = static_cast<std::int64_t>(value);
  return true;
}

}  // namespace

DocumentTokens::DocumentTokens(std::string secret) : secret_(std::move(secret)) {
  CHECK(secret_.size() == kSecretBytes);
}

std::string DocumentTokens::tag(std::string_view body) const {
  return security::hmac_sha256(secret_, {"ashlar document token\n", body});
}

std::string DocumentTokens::make(const DocumentToken& token) const {
  std::string body(1, kVersion);
  base::append_varint(body, static_cast<std::uint64_t>(token.number));
  base::append_varint(body, static_cast<std::uint64_t>(token.tenant.value));
  base::append_varint(body, static_cast<std::uint64_t>(token.access));
  base::append_varint(body, static_cast<std::uint64_t>(base::to_micros(token.expires)));
  base::append_varint(body, static_cast<std::uint64_t>(base::to_micros(token.made)));
  append_text(body, token.document);
  append_text(body, token.user);
  append_text(body, token.name);
  append_text(body, token.info);
  return std::string(kTokenPrefix) + base::base64url_encode(body + tag(body));
}

std::optional<DocumentToken> DocumentTokens::read(std::string_view text) const {
  if (text.size() > kMaxBytes || !text.starts_with(kTokenPrefix)) return std::nullopt;
  const auto bytes = base::base64url_decode(text.substr(kTokenPrefix.size()));
  if (!bytes || bytes->size() <= security::kSha256Bytes) return std::nullopt;
  std::string_view rest(bytes->data(), bytes->size() - security::kSha256Bytes);
  if (!base::constant_time_equals(tag(rest), std::string_view(*bytes).substr(rest.size()))) {
    return std::nullopt;
  }
  if (rest.front() != kVersion) return std::nullopt;
  rest.remove_prefix(1);
  DocumentToken token;
  std::int64_t access = 0;
  std::int64_t expires = 0;
  std::int64_t made = 0;
  if (!read_number(rest, token.number) || !read_number(rest, token.tenant.value) ||
      !read_number(rest, access) || !read_number(rest, expires) || !read_number(rest, made) ||
      !read_text(rest, token.document) || !read_text(rest, token.user) ||
      !read_text(rest, token.name) || !read_text(rest, token.info) || !rest.empty()) {
    return std::nullopt;
  }
  if (!token.tenant.is_set() || access > static_cast<std::int64_t>(Access::kWrite)) {
    return std::nullopt;
  }
  token.access = static_cast<Access>(access);
  token.expires = base::from_micros(expires);
  token.made = base::from_micros(made);
  return token;
}

}  // namespace ashlar::documents
