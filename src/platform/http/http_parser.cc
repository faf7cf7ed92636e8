#include "platform/http/http_parser.h"

#include <algorithm>
#include <cstring>

#include "base/text.h"
#include "platform/http/byte_class.h"
#include "platform/http/byte_scan.h"
#include "platform/http/known_field.h"

// The grammar, as this parser takes it (every line ends with CR LF):
//
//   head    = 0..2 empty lines, request-line, 0..64 fields, empty line
//   request-line = method SP target SP "HTTP/1." ("0" / "1")
//   field   = token ":" OWS value OWS          (a line that begins with white space is an error)
//
//   request_line() ──► fields() ──► finish(): what only the whole head can tell
//        └── bytes missing ──┴─► kNeedMore, or the error of the limit that was reached

namespace ashlar::http {
namespace {

// RFC 9112, 2.2: old clients send an empty line after a body.
constexpr std::size_t kMaxLeadingEmptyLines = 2;
constexpr std::size_t kMaxMethodBytes = 24;
constexpr std::string_view kVersion = "HTTP/1.1\r\n";

class HeadParser {
 public:
  HeadParser(std::string_view buffer, const ParserLimits& limits, RequestHead& head,
             ParseError& error)
      : begin_(buffer.data()),
        p_(begin_),
        end_(begin_ + buffer.size()),
        limits_(limits),
        head_(head),
        error_(error) {}

  ParseState run() {
    static_cast<KnownHeaders&>(head_) = KnownHeaders{};
    head_.field_count = 0;
    if (const ParseState state = leading_lines(); state != ParseState::kComplete) return state;

    const char* const end = end_;
    if (const ParseState state =
            within(limits_.max_request_line_bytes + 2, &HeadParser::request_line);
        state != ParseState::kComplete) {
      return state != ParseState::kNeedMore || end_ == end
                 ? state
                 : fail(414, "uri_too_long", "The request line is longer than this server reads.");
    }
    end_ = end;
    if (const ParseState state = within(limits_.max_header_bytes, &HeadParser::fields);
        state != ParseState::kComplete) {
      return state != ParseState::kNeedMore || end_ == end ? state : header_too_large();
    }
    return finish();
  }

 private:
  using Step = ParseState (HeadParser::*)();

  // Runs `step` as if the buffer ended after `bytes` more: what lies beyond a limit is never looked
  // at, so the answer cannot depend on how much of it has arrived.
  ParseState within(std::size_t bytes, Step step) {
    end_ = p_ + std::min(bytes, static_cast<std::size_t>(end_ - p_));
    return (this->*step)();
  }

  ParseState fail(int status, const char* reason, const char* detail) {
    error_ = ParseError{status, reason, detail};
    return ParseState::kError;
  }
  ParseState header_too_large() {
    return fail(431, "header_too_large",
                "The header fields are more or longer than this server reads.");
  }

  ParseState leading_lines() {
    for (std::size_t lines = 0; p_ < end_; ++lines) {
      if (*p_ != '\r') return ParseState::kComplete;
      if (lines == kMaxLeadingEmptyLines) return bad_request_line();
      if (end_ - p_ < 2) return ParseState::kNeedMore;
      if (p_[1] != '\n') return bad_request_line();
      p_ += 2;
    }
    return ParseState::kNeedMore;
  }

  ParseState bad_request_line() {
    if (p_ == begin_ && p_ < end_ && *p_ == 0x16) {
      return fail(400, "tls_handshake",
                  "This is a TLS handshake on a port that speaks plain HTTP.");
    }
    return fail(400, "bad_request_line",
                "The request line is not METHOD SP TARGET SP HTTP/1.1 CR LF.");
  }

  ParseState request_line() {
    if (const ParseState state = method(); state != ParseState::kComplete) return state;
    if (const ParseState state = target(); state != ParseState::kComplete) return state;
    if (const ParseState state = version(); state != ParseState::kComplete) return state;
    return check_target_form();
  }

  ParseState method();
  ParseState target();
  ParseState percent(bool in_path);
  ParseState version();
  ParseState check_target_form();
  ParseState absolute_form();
  ParseState fields();
  ParseState field_name_error(const char* from, const char* to);
  ParseState keep(known::KnownField kind, std::string_view value);
  ParseState digest(known::KnownField kind, std::string_view value);
  ParseState content_length(std::string_view value);
  void connection(std::string_view value);
  ParseState finish();

  const char* const begin_;
  const char* p_;
  const char* end_;
  const ParserLimits& limits_;
  RequestHead& head_;
  ParseError& error_;

  std::uint32_t seen_ = 0;  // bit per known::KnownField
  bool absolute_ = false;
  bool says_close_ = false;
  bool says_keep_alive_ = false;
  bool says_upgrade_ = false;
};

Method method_of(std::string_view text) {
  switch (text.size()) {
    case 3:
      return text == "GET" ? Method::kGet : text == "PUT" ? Method::kPut : Method::kOther;
    case 4:
      return text == "POST" ? Method::kPost : text == "HEAD" ? Method::kHead : Method::kOther;
    case 5:
      return text == "PATCH" ? Method::kPatch : Method::kOther;
    case 6:
      return text == "DELETE" ? Method::kDelete : Method::kOther;
    case 7:
      return text == "OPTIONS" ? Method::kOptions : Method::kOther;
    default:
      return Method::kOther;
  }
}

ParseState HeadParser::method() {
  const char* const start = p_;
  const char* p = p_;
  while (p < end_ && is_byte(*p, kTokenByte)) ++p;
  const auto size = static_cast<std::size_t>(p - start);
  if (size > kMaxMethodBytes) return bad_request_line();
  if (p == end_) return ParseState::kNeedMore;
  if (size == 0 || *p != ' ') return bad_request_line();
  head_.method_text = {start, size};
  head_.method = method_of(head_.method_text);
  if (head_.method == Method::kOther && head_.method_text == "CONNECT") {
    return fail(501, "unsupported_method", "This server opens no tunnels.");
  }
  p_ = p + 1;
  return ParseState::kComplete;
}

ParseState HeadParser::target() {
  const char* const start = p_;
  const char* question = nullptr;
  for (;;) {
    const std::uint8_t allowed = question == nullptr ? kPathByte : kQueryByte;
    const char* p = p_;
    while (p < end_ && is_byte(*p, allowed)) ++p;
    p_ = p;
    if (p == end_) return ParseState::kNeedMore;
    if (*p == ' ') break;
    if (*p == '%') {
      if (const ParseState state = percent(question == nullptr); state != ParseState::kComplete) {
        return state;
      }
    } else if (*p == '?') {
      question = p_++;
    } else if (*p == '\r') {
      if (end_ - p < 2) return ParseState::kNeedMore;
      if (p[1] != '\n' || p == start) return bad_request_line();
      return fail(505, "unsupported_version", "HTTP/0.9 is not spoken here; say HTTP/1.1.");
    } else {
      return fail(400, "bad_target",
                  "The request target holds a character that must be percent-encoded.");
    }
  }
  if (p_ == start) return bad_request_line();
  const char* const path_end = question == nullptr ? p_ : question;
  head_.target = {start, p_};
  head_.path = {start, path_end};
  head_.query = question == nullptr ? std::string_view{} : std::string_view{question + 1, p_};
  ++p_;
  return ParseState::kComplete;
}

// p_ stands on '%'.
ParseState HeadParser::percent(bool in_path) {
  for (int i = 1; i <= 2; ++i) {
    if (end_ - p_ <= i) return ParseState::kNeedMore;
    if (!is_byte(p_[i], kHexByte)) {
      return fail(400, "bad_percent_encoding",
                  "A % in the request target is not followed by two hex digits.");
    }
  }
  if (in_path && p_[1] == '0' && p_[2] == '0') {
    return fail(400, "bad_percent_encoding", "The path holds an encoded NUL.");
  }
  p_ += 3;
  return ParseState::kComplete;
}

ParseState HeadParser::version() {
  if (static_cast<std::size_t>(end_ - p_) >= kVersion.size() &&
      std::memcmp(p_, kVersion.data(), kVersion.size()) == 0) {
    head_.minor_version = 1;
    p_ += kVersion.size();
    return ParseState::kComplete;
  }
  const auto matches = [this](std::size_t i) {
    const bool digit = i == 5 || i == 7;
    return digit ? p_[i] >= '0' && p_[i] <= '9' : p_[i] == kVersion[i];
  };
  for (std::size_t i = 0; i < kVersion.size(); ++i) {
    if (static_cast<std::size_t>(end_ - p_) <= i) return ParseState::kNeedMore;
    if (!matches(i)) return bad_request_line();
    if (i == 7 && (p_[5] != '1' || p_[7] > '1')) {
      if (head_.method_text == "PRI" && p_[5] == '2') {
        return fail(505, "http2_preface", "HTTP/2 is not spoken here; say HTTP/1.1.");
      }
      return fail(505, "unsupported_version", "Only HTTP/1.1 and HTTP/1.0 are spoken here.");
    }
  }
  head_.minor_version = p_[7] - '0';
  p_ += kVersion.size();
  return ParseState::kComplete;
}

ParseState HeadParser::check_target_form() {
  if (head_.path.starts_with('/')) [[likely]]
    return ParseState::kComplete;
  if (head_.target == "*" && head_.method == Method::kOptions) return ParseState::kComplete;
  return absolute_form();
}

// scheme "://" authority path-abempty [ "?" query ]; the authority is the host that the client
// means (RFC 9112, 3.2.2).
ParseState HeadParser::absolute_form() {
  std::string_view rest = head_.path;
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!base::ascii_iequals(rest.substr(0, scheme.size()), scheme)) continue;
    rest.remove_prefix(scheme.size());
    const std::size_t slash = std::min(rest.find('/'), rest.size());
    const std::string_view authority = rest.substr(0, slash);
    if (!is_valid_host(authority)) break;
    absolute_ = true;
    head_.host = authority;
    head_.path = slash == rest.size() ? std::string_view("/") : rest.substr(slash);
    return ParseState::kComplete;
  }
  return fail(400, "bad_target", "The request target is neither a path nor a whole http URL.");
}

ParseState HeadParser::fields() {
  const std::size_t max_fields = std::min(limits_.max_fields, kMaxFields);
  const char* p = p_;
  for (;;) {
    if (p == end_) return ParseState::kNeedMore;
    if (*p == '\r') break;
    if (head_.field_count == max_fields) return header_too_large();

    const char* const colon = scan::find_colon(p, end_);
    const auto name_size = static_cast<std::size_t>(colon - p);
    const known::KnownField kind =
        colon == end_ ? known::kUnknown : known::classify_field(p, name_size);
    if (kind == known::kUnknown) {
      const char* q = p;
      while (q < colon && is_byte(*q, kTokenByte)) ++q;
      if (q != colon || name_size == 0) return field_name_error(p, q);
      if (colon == end_) return ParseState::kNeedMore;
    }
    const char* value = colon + 1;
    while (value < end_ && (*value == ' ' || *value == '\t')) ++value;
    const char* const stop = scan::find_control(value, end_);
    if (stop == end_) return ParseState::kNeedMore;
    if (*stop != '\r')
      return fail(400, "bad_header", "A header field's value holds a control character.");
    if (end_ - stop < 2) return ParseState::kNeedMore;
    if (stop[1] != '\n')
      return fail(400, "bad_header", "A carriage return is not followed by a line feed.");
    const char* value_end = stop;
    while (value_end > value && (value_end[-1] == ' ' || value_end[-1] == '\t')) --value_end;

    HeaderField& field = head_.fields[head_.field_count++];
    field.name = {p, name_size};
    field.value = {value, value_end};
    if (kind != known::kUnknown) {
      if (const ParseState state = keep(kind, field.value); state != ParseState::kComplete)
        return state;
    }
    p = stop + 2;
  }
  if (end_ - p < 2) return ParseState::kNeedMore;
  if (p[1] != '\n')
    return fail(400, "bad_header", "A carriage return is not followed by a line feed.");
  p_ = p + 2;
  return ParseState::kComplete;
}

ParseState HeadParser::field_name_error(const char* from, const char* to) {
  if (from == to && (*to == ' ' || *to == '\t')) {
    return fail(400, "bad_header", "A header field is folded over several lines.");
  }
  return fail(400, "bad_header",
              "A header field is not NAME \":\" VALUE, without space before the colon.");
}

ParseState HeadParser::keep(known::KnownField kind, std::string_view value) {
  const std::uint32_t bit = std::uint32_t{1} << kind;
  const bool repeated = (seen_ & bit) != 0;
  seen_ |= bit;
  if (kind > known::kLastKept) {
    if (repeated && kind != known::kConnection) {
      return fail(400, "conflicting_framing",
                  "A field that says where the request ends, or how, is sent twice.");
    }
    return digest(kind, value);
  }
  if (kind == known::kHost) {
    if (repeated) return fail(400, "bad_host", "Host is sent twice.");
    if (!is_valid_host(value))
      return fail(400, "bad_host", "Host is not a name or address with an optional port.");
    if (!absolute_) head_.host = value;
    return ParseState::kComplete;
  }
  const known::Slot slot = known::kSlots[kind];
  if (!repeated || slot.repeat == known::Repeat::kLast) {
    head_.*slot.member = value;
  } else if (slot.repeat == known::Repeat::kRefuse) {
    return fail(400, "duplicate_header", "A header field that may stand once is sent twice.");
  } else if (slot.repeat == known::Repeat::kNone) {
    head_.*slot.member = {};
  }
  return ParseState::kComplete;
}

ParseState HeadParser::digest(known::KnownField kind, std::string_view value) {
  switch (kind) {
    case known::kConnection:
      connection(value);
      return ParseState::kComplete;
    case known::kContentLength:
      return content_length(value);
    case known::kTransferEncoding:
      if (!base::ascii_iequals(value, "chunked")) {
        return fail(501, "unsupported_transfer_encoding",
                    "The only transfer coding spoken here is chunked.");
      }
      head_.chunked = true;
      return ParseState::kComplete;
    default:
      if (!base::ascii_iequals(value, "100-continue")) {
        return fail(417, "bad_expectation", "The only expectation met here is 100-continue.");
      }
      head_.expect_continue = true;
      return ParseState::kComplete;
  }
}

ParseState HeadParser::content_length(std::string_view value) {
  std::uint64_t length = 0;
  bool good = !value.empty();
  for (const char c : value) {
    if (c < '0' || c > '9' || __builtin_mul_overflow(length, 10U, &length) ||
        __builtin_add_overflow(length, static_cast<unsigned>(c - '0'), &length)) {
      good = false;
      break;
    }
  }
  if (!good) return fail(400, "bad_content_length", "Content-Length is not a number of bytes.");
  head_.content_length = length;
  return ParseState::kComplete;
}

void HeadParser::connection(std::string_view value) {
  while (!value.empty()) {
    const std::size_t comma = std::min(value.find(','), value.size());
    const std::string_view option = base::trim_spaces(value.substr(0, comma));
    value.remove_prefix(std::min(comma + 1, value.size()));
    if (option.size() == 10 && known::name_is<"keep-alive">(option.data())) says_keep_alive_ = true;
    if (option.size() == 5 && known::name_is<"close">(option.data())) says_close_ = true;
    if (option.size() == 7 && known::name_is<"upgrade">(option.data())) says_upgrade_ = true;
  }
}

ParseState HeadParser::finish() {
  if (head_.chunked && (head_.content_length || head_.minor_version == 0)) {
    return fail(400, "conflicting_framing",
                "Transfer-Encoding with Content-Length, or in HTTP/1.0, is ambiguous.");
  }
  if ((seen_ & (1U << known::kHost)) == 0 && head_.minor_version == 1) {
    return fail(400, "missing_host", "A request in HTTP/1.1 needs a Host field.");
  }
  head_.keep_alive = !says_close_ && (head_.minor_version == 1 || says_keep_alive_);
  // RFC 9110, 10.1.1 and 7.8: neither means anything in HTTP/1.0.
  if (head_.minor_version == 0) head_.expect_continue = false;
  if (!says_upgrade_ || head_.minor_version == 0) head_.upgrade = {};
  head_.head_bytes = static_cast<std::size_t>(p_ - begin_);
  return ParseState::kComplete;
}

// Size of "[" IPv6 "]" at the start of text, 0 where there is none. Only the alphabet is checked:
// the name is compared and echoed, never connected to.
std::size_t ip_literal_size(std::string_view text) {
  constexpr std::size_t kLongest = 47;  // "[" 45 "]"
  for (std::size_t i = 1; i < text.size() && i < kLongest; ++i) {
    if (text[i] == ']') return i > 2 ? i + 1 : 0;
    if (!is_byte(text[i], kHexByte) && text[i] != ':' && text[i] != '.') return 0;
  }
  return 0;
}

}  // namespace

std::size_t ParserLimits::max_bytes() const {
  return 2 * kMaxLeadingEmptyLines + max_request_line_bytes + 2 + max_header_bytes;
}

std::string_view RequestHead::find(std::string_view lowercase_name) const {
  for (std::size_t i = 0; i < field_count; ++i) {
    if (base::ascii_iequals(fields[i].name, lowercase_name)) return fields[i].value;
  }
  return {};
}

std::size_t RequestHead::find_all(std::string_view lowercase_name,
                                  std::span<std::string_view> out) const {
  std::size_t count = 0;
  for (std::size_t i = 0; i < field_count && count < out.size(); ++i) {
    if (base::ascii_iequals(fields[i].name, lowercase_name)) out[count++] = fields[i].value;
  }
  return count;
}

ParseState parse_request_head(std::string_view buffer, const ParserLimits& limits, RequestHead& out,
                              ParseError& error) {
  return HeadParser(buffer, limits, out, error).run();
}

bool worth_parsing(std::string_view buffer, std::size_t seen, const ParserLimits& limits) {
  const auto grew_to = [&](std::size_t bytes) { return seen < bytes && buffer.size() >= bytes; };
  const std::size_t longest_line = 2 * kMaxLeadingEmptyLines + limits.max_request_line_bytes + 2;
  return seen == 0 || grew_to(longest_line) || grew_to(limits.max_bytes()) ||
         buffer.find('\n', seen) != std::string_view::npos;
}

bool is_valid_host(std::string_view host) {
  constexpr std::size_t kLongestName = 255;
  std::size_t name = 0;
  if (host.starts_with('[')) {
    name = ip_literal_size(host);
  } else {
    while (name < host.size() && is_byte(host[name], kHostByte)) ++name;
  }
  if (name == 0 || name > kLongestName) return false;
  if (name == host.size()) return true;
  const std::string_view port = host.substr(name + 1);
  if (host[name] != ':' || port.empty() || port.size() > 5) return false;
  unsigned number = 0;
  for (const char c : port) {
    if (c < '0' || c > '9') return false;
    number = number * 10 + static_cast<unsigned>(c - '0');
  }
  return number > 0 && number <= 65535;
}

}  // namespace ashlar::http
