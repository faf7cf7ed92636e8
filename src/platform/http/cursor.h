// CursorCodec: where a list goes on, as a token that means nothing to the client.
//
// A cursor holds the few values after which the next page starts (ids, times, names). It is made
// and read by us alone: nobody can make one up, change one, use it for another list or another
// tenant, or read from it how many links there are.
//
//   text       = base64url( version(1) tag(8) ciphertext )
//   plaintext  = { 'i' int64(8) | 's' length(2) bytes }            numbers little-endian
//   tag        = SipHash(mac key, list, tenant, plaintext)
//   ciphertext = plaintext XOR SipHash(stream key, tag, 0), SipHash(stream key, tag, 1) …
//
// The tag serves as nonce (as in SIV), so equal positions give equal cursors. 64 bits hold off
// guessing over the network, and a lucky guess would win a page boundary, no data: each page is
// read under the caller's own tenant.
//
// Invariants, checked by cursor_fuzz.cc: 1. decode(encode(x)) is x; 2. any other text is
// invalid_cursor; 3. no text is longer than kMaxCursorBytes.
// Immutable; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

#include "base/result.h"
#include "kit/siphash.h"

namespace ashlar::http {

inline constexpr std::size_t kMaxCursorBytes = 1024;

// What a cursor is good for.
struct CursorScope {
  std::string_view list;    // "links", "links.by_clicks": one name for each order of each list
  std::int64_t tenant = 0;  // 0: lists of the platform
};

class CursorCodec {
 public:
  // The key outlives restarts, or cursors that clients hold become invalid.
  explicit CursorCodec(const kit::SipKey& key);

  // Ts: std::int64_t or std::string. Error: kInternal cursor_too_long, when strings are so long
  // that the text would exceed kMaxCursorBytes.
  template <class... Ts>
  [[nodiscard]] base::Result<std::string> encode(const CursorScope& scope,
                                                 const Ts&... values) const {
    const std::vector<Value> list{Value(values)...};
    return seal(scope, list);
  }

  // Error: kInvalid invalid_cursor with the field "?cursor", whatever is wrong with it.
  template <class... Ts>
  [[nodiscard]] base::Result<std::tuple<Ts...>> decode(const CursorScope& scope,
                                                       std::string_view text) const {
    ASHLAR_ASSIGN(std::vector<Value> values, open(scope, text));
    return take<Ts...>(values, std::index_sequence_for<Ts...>{});
  }

 private:
  using Value = std::variant<std::int64_t, std::string>;

  [[nodiscard]] base::Result<std::string> seal(const CursorScope& scope,
                                               std::span<const Value> values) const;
  [[nodiscard]] base::Result<std::vector<Value>> open(const CursorScope& scope,
                                                      std::string_view text) const;
  [[nodiscard]] std::string tag_of(const CursorScope& scope, std::string_view plaintext) const;
  void apply_stream(std::string_view tag, std::string& text) const;
  static base::Error invalid();

  template <class... Ts, std::size_t... I>
  static base::Result<std::tuple<Ts...>> take(std::vector<Value>& values,
                                              std::index_sequence<I...>) {
    if (values.size() != sizeof...(Ts) || !(std::holds_alternative<Ts>(values[I]) && ...)) {
      return invalid();
    }
    return std::tuple<Ts...>(std::get<Ts>(std::move(values[I]))...);
  }

  kit::SipKey mac_key_;
  kit::SipKey stream_key_;
};

}  // namespace ashlar::http
