#include "platform/http/cursor.h"

#include <algorithm>
#include <optional>

#include "base/encoding.h"
#include "base/text.h"

namespace ashlar::http {
namespace {

constexpr char kVersion = 1;
constexpr std::size_t kTagBytes = 8;
constexpr char kInt = 'i';
constexpr char kText = 's';

void append_number(std::string& out, std::uint64_t number, int bytes) {
  for (int i = 0; i < bytes; ++i) out += static_cast<char>(number >> (8 * i) & 0xff);
}

// Takes `bytes` bytes off the front of `rest`; nullopt where there are not as many.
std::optional<std::uint64_t> take_number(std::string_view& rest, std::size_t bytes) {
  if (rest.size() < bytes) return std::nullopt;
  std::uint64_t number = 0;
  for (std::size_t i = bytes; i-- > 0;) number = number << 8 | static_cast<unsigned char>(rest[i]);
  rest.remove_prefix(bytes);
  return number;
}

// Two keys for two uses, so that a tag never equals a piece of stream.
kit::SipKey derive(const kit::SipKey& key, const std::string& use) {
  return {kit::siphash(key, use + " 0"), kit::siphash(key, use + " 1")};
}

}  // namespace

CursorCodec::CursorCodec(const kit::SipKey& key)
    : mac_key_(derive(key, "cursor mac")), stream_key_(derive(key, "cursor stream")) {}

base::Error CursorCodec::invalid() {
  return {base::Code::kInvalid,
          "invalid_cursor",
          "The cursor is not one that this list has given out.",
          {{"?cursor", "invalid_cursor", "Start again without a cursor."}}};
}

base::Result<std::string> CursorCodec::seal(const CursorScope& scope,
                                            std::span<const Value> values) const {
  constexpr std::size_t kMostBytes = kMaxCursorBytes / 4 * 3;
  std::string plaintext;
  for (const Value& value : values) {
    if (const auto* number = std::get_if<std::int64_t>(&value)) {
      plaintext += kInt;
      append_number(plaintext, static_cast<std::uint64_t>(*number), 8);
    } else {
      const std::string& text = *std::get_if<std::string>(&value);
      plaintext += kText;
      append_number(plaintext, std::min<std::size_t>(text.size(), kMostBytes), 2);
      plaintext += text;
    }
    if (plaintext.size() + kTagBytes + 1 > kMostBytes) {
      return base::fail(base::Code::kInternal, "cursor_too_long",
                        "the values of a cursor of " + std::string(scope.list) + " are too long");
    }
  }
  const std::string tag = tag_of(scope, plaintext);
  apply_stream(tag, plaintext);
  return base::base64url_encode(kVersion + tag + plaintext);
}

base::Result<std::vector<CursorCodec::Value>> CursorCodec::open(const CursorScope& scope,
                                                                std::string_view text) const {
  if (text.size() > kMaxCursorBytes) return invalid();
  const std::optional<std::string> bytes = base::base64url_decode(text);
  if (!bytes || bytes->size() < 1 + kTagBytes || bytes->front() != kVersion) return invalid();
  const std::string tag = bytes->substr(1, kTagBytes);
  std::string plaintext = bytes->substr(1 + kTagBytes);
  apply_stream(tag, plaintext);
  if (!base::constant_time_equals(tag, tag_of(scope, plaintext))) return invalid();

  std::vector<Value> values;
  std::string_view rest = plaintext;
  while (!rest.empty()) {
    const char type = rest.front();
    rest.remove_prefix(1);
    if (type == kInt) {
      const std::optional<std::uint64_t> number = take_number(rest, 8);
      if (!number) return invalid();
      values.emplace_back(static_cast<std::int64_t>(*number));
    } else {
      const std::optional<std::uint64_t> length = take_number(rest, 2);
      if (type != kText || !length || rest.size() < *length) return invalid();
      values.emplace_back(std::string(rest.substr(0, *length)));
      rest.remove_prefix(*length);
    }
  }
  return values;
}

std::string CursorCodec::tag_of(const CursorScope& scope, std::string_view plaintext) const {
  std::string message;
  append_number(message, scope.list.size(), 8);
  message += scope.list;
  append_number(message, static_cast<std::uint64_t>(scope.tenant), 8);
  message += plaintext;
  std::string tag;
  append_number(tag, kit::siphash(mac_key_, message), kTagBytes);
  return tag;
}

void CursorCodec::apply_stream(std::string_view tag, std::string& text) const {
  std::string block;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (i % 8 == 0) {
      std::string counter(tag);
      append_number(counter, i / 8, 8);
      block.clear();
      append_number(block, kit::siphash(stream_key_, counter), 8);
    }
    text[i] = static_cast<char>(text[i] ^ block[i % 8]);
  }
}

}  // namespace ashlar::http
