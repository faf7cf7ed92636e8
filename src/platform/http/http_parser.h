// http_parser: the head of an HTTP/1.0 or 1.1 request, parsed in place (RFC 9110, 9112).
//
// The hottest code of the product, and the first to meet a stranger's bytes. It copies nothing and
// allocates nothing. What it accepts, every other server in the way understands the same way: where
// RFC 9112 lets a recipient be lenient (bare LF, folded lines, repeated Content-Length, unknown
// codings), it refuses. That is what keeps requests from being smuggled past a proxy.
//
// Use: give the whole unread buffer each time bytes arrive, until the answer is not kNeedMore. Keep
// one RequestHead per connection and parse into it again: its 64 fields are never cleared, only
// `field_count` says which hold.
//
// Ownership: every view points into `buffer` (or at a literal: the path "/" of `http://host`), so
// it dies when the buffer moves or is consumed.
//
// Invariants, checked by http_parser_fuzz.cc:
//   1. The answer depends on the bytes, not on how they arrived: where some bytes say kComplete or
//      kError, any bytes after them change nothing, and any prefix says the same or kNeedMore.
//   2. kNeedMore is never the answer for a buffer of limits.max_bytes() or more.
//   3. When kComplete, `content_length` and `chunked` are not both set, and the body starts at
//      `head_bytes`.
//   4. The target holds only visible ASCII; each % in it is followed by two hex digits, in the path
//      never by "00".
//
// Pure; any thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace ashlar::http {

inline constexpr std::size_t kMaxFields = 64;

struct ParserLimits {
  std::size_t max_request_line_bytes = 8 * 1024;
  std::size_t max_header_bytes = 16 * 1024;  // all fields and the empty line that ends them
  std::size_t max_fields = kMaxFields;       // more than kMaxFields counts as kMaxFields

  [[nodiscard]] std::size_t max_bytes() const;  // longest head that can be complete
};

enum class Method : std::uint8_t { kGet, kHead, kPost, kPut, kPatch, kDelete, kOptions, kOther };

struct HeaderField {
  std::string_view name;   // as sent; compare without case
  std::string_view value;  // trimmed; HTAB and bytes above 0x7f may be inside, no other controls
};

// What the platform reads of most requests, found while parsing so that nobody searches again.
// Empty: not sent (or sent empty). Fields that decide something alone (host, authorization,
// content_type, idempotency_key, if_match, origin, ashlar_timeout_ms) are refused when sent twice.
// Of the others the first counts; of x_forwarded_* and priority the last, which the nearest proxy
// wrote (all of them: find_all).
// traceparent is empty when sent twice, as W3C Trace Context wants.
struct KnownHeaders {
  std::string_view host;  // "name", "name:port", "[v6]:port"; the target's where that is a URL
  std::string_view authorization, cookie, origin, user_agent, referer;
  std::string_view accept, accept_encoding, content_type, content_encoding;
  std::string_view if_match, if_none_match, idempotency_key, last_event_id;
  std::string_view traceparent, tracestate, x_request_id;
  std::string_view x_forwarded_for, x_forwarded_proto;
  std::string_view priority, ashlar_timeout_ms;
  std::string_view upgrade;  // the protocols of Upgrade, where Connection says upgrade too

  std::optional<std::uint64_t> content_length;
  bool chunked = false;
  bool keep_alive = false;       // the connection may carry another request after this one
  bool expect_continue = false;  // 100 (Continue) is awaited before the body is sent
};

struct RequestHead : KnownHeaders {
  Method method = Method::kOther;
  int minor_version = 1;         // HTTP/1.x: 0 or 1
  std::string_view method_text;  // "GET"
  std::string_view target;       // as sent
  std::string_view path;         // starts with '/', or is "*" (OPTIONS); still percent-encoded
  std::string_view query;        // after '?', still encoded
  std::size_t head_bytes = 0;    // up to and including the empty line
  std::size_t field_count = 0;
  std::array<HeaderField, kMaxFields> fields;

  [[nodiscard]] bool has_body() const { return chunked || content_length.value_or(0) > 0; }
  // First field of that name; empty when absent.
  [[nodiscard]] std::string_view find(std::string_view lowercase_name) const;
  // Values of all fields of that name in the order sent, as many as fit; returns how many.
  std::size_t find_all(std::string_view lowercase_name, std::span<std::string_view> out) const;
};

enum class ParseState : std::uint8_t { kNeedMore, kComplete, kError };

struct ParseError {
  int status = 400;
  // Stable, snake_case: bad_request_line, bad_target, bad_percent_encoding, uri_too_long,
  // unsupported_version, unsupported_method, tls_handshake, http2_preface, bad_header,
  // duplicate_header, header_too_large, bad_content_length, conflicting_framing,
  // unsupported_transfer_encoding, missing_host, bad_host, bad_expectation.
  const char* reason = "";
  const char* detail = "";  // a sentence for the client's author; static
};

// `out` is meaningful after kComplete, `error` after kError.
ParseState parse_request_head(std::string_view buffer, const ParserLimits& limits, RequestHead& out,
                              ParseError& error);

// Whether parsing again can tell anything new once `buffer` has grown beyond its first `seen`
// bytes, which said kNeedMore. Skipping where it cannot keeps a client that sends byte by byte from
// costing more than its 64 lines.
bool worth_parsing(std::string_view buffer, std::size_t seen, const ParserLimits& limits);

// "host", "host:8080", "[::1]", "[::1]:8080": what Host and the authority of a target may hold.
bool is_valid_host(std::string_view host);

}  // namespace ashlar::http
