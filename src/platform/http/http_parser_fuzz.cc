// Any bytes: the invariants of http_parser.h hold.
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>

#include "base/check.h"
#include "platform/http/http_parser.h"

namespace {

using ashlar::http::HeaderField;
using ashlar::http::ParseError;
using ashlar::http::ParserLimits;
using ashlar::http::ParseState;
using ashlar::http::RequestHead;

// Small, so that the fuzzer meets them.
constexpr ParserLimits kLimits{
    .max_request_line_bytes = 96, .max_header_bytes = 160, .max_fields = 6};

bool lies_in(std::string_view part, std::string_view whole) {
  return part.empty() ||
         (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}

void check_complete(std::string_view input, const RequestHead& head) {
  CHECK(head.head_bytes <= input.size() && head.head_bytes <= kLimits.max_bytes());
  const std::string_view bytes = input.substr(0, head.head_bytes);
  CHECK(bytes.ends_with("\r\n\r\n"));
  CHECK(head.field_count <= kLimits.max_fields);
  for (std::size_t i = 0; i < head.field_count; ++i) {
    const HeaderField& field = head.fields[i];
    CHECK(!field.name.empty() && lies_in(field.name, bytes) && lies_in(field.value, bytes));
    CHECK(field.name.find_first_of(": \t\r\n") == std::string_view::npos);
    CHECK(field.value.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos);
  }
  for (const std::string_view view :
       {head.method_text, head.target, head.query, head.host, head.authorization, head.cookie,
        head.traceparent, head.x_forwarded_for, head.idempotency_key}) {
    CHECK(lies_in(view, bytes));
  }
  CHECK(lies_in(head.path, bytes) || head.path == "/");
  CHECK(head.path.starts_with('/') || head.path == "*");
  for (const char c : head.target) CHECK(c > 0x20 && c < 0x7f);
  CHECK(head.minor_version == 0 || ashlar::http::is_valid_host(head.host));
  CHECK(!(head.chunked && head.content_length));
  CHECK(head.minor_version == 1 || !head.chunked);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t kEnough = 400;  // every prefix is parsed: the work grows with the square
  if (size > kEnough) return 0;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  RequestHead head;
  ParseError error;
  const ParseState whole = ashlar::http::parse_request_head(input, kLimits, head, error);
  if (whole == ParseState::kComplete) check_complete(input, head);
  CHECK(whole != ParseState::kNeedMore || size < kLimits.max_bytes());

  RequestHead part;
  ParseError part_error;
  bool settled = false;
  std::size_t seen = 0;
  for (std::size_t length = 0; length < size; ++length) {
    const auto copy = std::make_unique<char[]>(length);  // its end is the end of what may be read
    if (length > 0) std::memcpy(copy.get(), data, length);
    const std::string_view prefix(copy.get(), length);
    const bool worth = ashlar::http::worth_parsing(prefix, seen, kLimits);
    const ParseState state = ashlar::http::parse_request_head(prefix, kLimits, part, part_error);
    if (state == ParseState::kNeedMore) {
      CHECK(!settled);
      seen = length;
      continue;
    }
    settled = true;
    CHECK(state == whole);
    if (state == ParseState::kError) {
      CHECK(std::strcmp(part_error.reason, error.reason) == 0 && part_error.status == error.status);
    } else {
      CHECK(worth || seen == 0);
      CHECK(part.head_bytes == head.head_bytes && part.field_count == head.field_count);
    }
  }
  return 0;
}
