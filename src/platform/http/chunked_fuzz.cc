// Any bytes in any pieces: the invariants of chunked_decoder.h hold. The first two bytes choose the
// limit and the cut.
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "base/check.h"
#include "platform/http/chunked_decoder.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using ashlar::http::ChunkedDecoder;
  using ashlar::http::ParseState;
  if (size < 2) return 0;
  const std::uint64_t max_body_bytes = data[0];
  const std::size_t piece = data[1] % 16U + 1;
  const std::string_view input(reinterpret_cast<const char*>(data) + 2, size - 2);

  ChunkedDecoder at_once(max_body_bytes);
  std::string body;
  std::size_t consumed = 0;
  const ParseState state = at_once.decode(input, body, consumed);
  CHECK(body.size() <= max_body_bytes);
  CHECK(consumed <= input.size());
  CHECK(state != ParseState::kNeedMore || consumed == input.size());
  if (state == ParseState::kComplete) CHECK(input.substr(0, consumed).ends_with("\r\n\r\n"));

  ChunkedDecoder in_pieces(max_body_bytes);
  std::string pieces_body;
  std::size_t pieces_consumed = 0;
  ParseState pieces_state = ParseState::kNeedMore;
  while (pieces_consumed < input.size() && pieces_state == ParseState::kNeedMore) {
    std::size_t step = 0;
    pieces_state = in_pieces.decode(input.substr(pieces_consumed, piece), pieces_body, step);
    pieces_consumed += step;
  }
  CHECK(pieces_state == state && pieces_consumed == consumed && pieces_body == body);
  if (state == ParseState::kError) {
    CHECK(std::strcmp(at_once.error().reason, in_pieces.error().reason) == 0);
  }
  return 0;
}
