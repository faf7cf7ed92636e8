// known_field: tells the names of the header fields that the platform reads, in any case, by length
// and then eight bytes at a time, and says where the values are kept. Private to http_parser.cc;
// pure.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "platform/http/http_parser.h"

namespace ashlar::http::known {

template <std::size_t N>
struct Literal {
  char text[N]{};
  constexpr Literal(const char (&from)[N]) { std::copy_n(from, N, text); }  // NOLINT(*-explicit-*)
};

template <class Word>
constexpr Word word_of(const char* text) {
  std::array<char, sizeof(Word)> bytes{};
  std::copy_n(text, bytes.size(), bytes.begin());
  return std::bit_cast<Word>(bytes);
}

// 0x20 under each letter: or-ing it in makes 'H' and 'h' one, and nothing else.
template <class Word>
constexpr Word case_mask_of(const char* text) {
  std::array<char, sizeof(Word)> bytes{};
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    bytes[i] = text[i] >= 'a' && text[i] <= 'z' ? 0x20 : 0;
  }
  return std::bit_cast<Word>(bytes);
}

template <Literal kName, class Word, std::size_t kOffset>
inline bool word_is(const char* p) {
  constexpr Word kWant = word_of<Word>(kName.text + kOffset);
  constexpr Word kMask = case_mask_of<Word>(kName.text + kOffset);
  Word word;
  std::memcpy(&word, p + kOffset, sizeof word);
  return (word | kMask) == kWant;
}

// Whether the bytes at p are kName in any case. REQUIRES: as many bytes there; kName in lower case,
// of 4 to 24 bytes.
template <Literal kName>
inline bool name_is(const char* p) {
  constexpr std::size_t kSize = sizeof(kName.text) - 1;
  static_assert(kSize >= 4 && kSize <= 24);
  if constexpr (kSize < 8) {
    return word_is<kName, std::uint32_t, 0>(p) && word_is<kName, std::uint32_t, kSize - 4>(p);
  } else if constexpr (kSize <= 16) {
    return word_is<kName, std::uint64_t, 0>(p) && word_is<kName, std::uint64_t, kSize - 8>(p);
  } else {
    return word_is<kName, std::uint64_t, 0>(p) && word_is<kName, std::uint64_t, 8>(p) &&
           word_is<kName, std::uint64_t, kSize - 8>(p);
  }
}

enum KnownField : std::uint8_t {
  kHost,
  kAuthorization,
  kCookie,
  kOrigin,
  kUserAgent,
  kReferer,
  kAccept,
  kAcceptEncoding,
  kContentType,
  kContentEncoding,
  kIfMatch,
  kIfNoneMatch,
  kIdempotencyKey,
  kLastEventId,
  kTraceparent,
  kTracestate,
  kRequestId,
  kForwardedFor,
  kForwardedProto,
  kUpgrade,
  kPriority,
  kTimeoutMs,
  kLastKept = kTimeoutMs,  // up to here the value is kept as sent; from here on it is digested
  kConnection,
  kContentLength,
  kTransferEncoding,
  kExpect,
  kUnknown
};

// Which field the name of `size` bytes at p is. A name that is not kUnknown is a valid token.
inline KnownField classify_field(const char* p, std::size_t size) {
  switch (size) {
    case 4:
      return name_is<"host">(p) ? kHost : kUnknown;
    case 6:
      return name_is<"accept">(p)   ? kAccept
             : name_is<"cookie">(p) ? kCookie
             : name_is<"origin">(p) ? kOrigin
             : name_is<"expect">(p) ? kExpect
                                    : kUnknown;
    case 7:
      return name_is<"referer">(p) ? kReferer : name_is<"upgrade">(p) ? kUpgrade : kUnknown;
    case 8:
      return name_is<"if-match">(p) ? kIfMatch : name_is<"priority">(p) ? kPriority : kUnknown;
    case 10:
      return name_is<"user-agent">(p)   ? kUserAgent
             : name_is<"connection">(p) ? kConnection
             : name_is<"tracestate">(p) ? kTracestate
                                        : kUnknown;
    case 11:
      return name_is<"traceparent">(p) ? kTraceparent : kUnknown;
    case 12:
      return name_is<"content-type">(p)   ? kContentType
             : name_is<"x-request-id">(p) ? kRequestId
                                          : kUnknown;
    case 13:
      return name_is<"authorization">(p)   ? kAuthorization
             : name_is<"if-none-match">(p) ? kIfNoneMatch
             : name_is<"last-event-id">(p) ? kLastEventId
                                           : kUnknown;
    case 14:
      return name_is<"content-length">(p) ? kContentLength : kUnknown;
    case 15:
      return name_is<"accept-encoding">(p)   ? kAcceptEncoding
             : name_is<"x-forwarded-for">(p) ? kForwardedFor
             : name_is<"idempotency-key">(p) ? kIdempotencyKey
                                             : kUnknown;
    case 16:
      return name_is<"content-encoding">(p) ? kContentEncoding : kUnknown;
    case 17:
      return name_is<"transfer-encoding">(p)   ? kTransferEncoding
             : name_is<"x-forwarded-proto">(p) ? kForwardedProto
             : name_is<"ashlar-timeout-ms">(p) ? kTimeoutMs
                                               : kUnknown;
    default:
      return kUnknown;
  }
}

// What a field means that is sent again.
enum class Repeat : std::uint8_t { kRefuse, kFirst, kLast, kNone };

struct Slot {
  std::string_view KnownHeaders::* member;
  Repeat repeat;
};

inline constexpr std::array<Slot, kLastKept + 1> kSlots = {{
    {&KnownHeaders::host, Repeat::kRefuse},
    {&KnownHeaders::authorization, Repeat::kRefuse},
    {&KnownHeaders::cookie, Repeat::kFirst},
    {&KnownHeaders::origin, Repeat::kRefuse},
    {&KnownHeaders::user_agent, Repeat::kFirst},
    {&KnownHeaders::referer, Repeat::kFirst},
    {&KnownHeaders::accept, Repeat::kFirst},
    {&KnownHeaders::accept_encoding, Repeat::kFirst},
    {&KnownHeaders::content_type, Repeat::kRefuse},
    {&KnownHeaders::content_encoding, Repeat::kRefuse},
    {&KnownHeaders::if_match, Repeat::kRefuse},
    {&KnownHeaders::if_none_match, Repeat::kFirst},
    {&KnownHeaders::idempotency_key, Repeat::kRefuse},
    {&KnownHeaders::last_event_id, Repeat::kFirst},
    {&KnownHeaders::traceparent, Repeat::kNone},
    {&KnownHeaders::tracestate, Repeat::kFirst},
    {&KnownHeaders::x_request_id, Repeat::kFirst},
    {&KnownHeaders::x_forwarded_for, Repeat::kLast},
    {&KnownHeaders::x_forwarded_proto, Repeat::kLast},
    {&KnownHeaders::upgrade, Repeat::kFirst},
    {&KnownHeaders::priority, Repeat::kLast},
    {&KnownHeaders::ashlar_timeout_ms, Repeat::kRefuse},
}};

}  // namespace ashlar::http::known
