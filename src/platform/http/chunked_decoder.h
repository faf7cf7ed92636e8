// ChunkedDecoder: undoes the chunked transfer coding of one request body (RFC 9112, 7.1), as the
// bytes come.
//
// As strict as http_parser.h and for the same reason: a size is hex digits and nothing else, lines
// end with CR LF, a trailer field must look like one. Extensions and trailer fields are discarded.
//
// Invariants, checked by chunked_fuzz.cc:
//   1. How the bytes are cut into calls changes neither the body nor the answer.
//   2. The body never grows beyond max_body_bytes; a chunk that would is refused at its size line.
//   3. Extensions and trailer fields are bounded, over the whole body, by kMaxDiscardedBytes.
//
// One per body; not thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "platform/http/http_parser.h"

namespace ashlar::http {

class ChunkedDecoder {
 public:
  static constexpr std::size_t kMaxDiscardedBytes = 4 * 1024;

  explicit ChunkedDecoder(std::uint64_t max_body_bytes) : room_(max_body_bytes) {}

  // Appends the body bytes of `input` to `body`; `consumed` says how many bytes of `input` are done
  // with (after kNeedMore all; after kComplete the rest is the next request). After kComplete or
  // kError the decoder is spent.
  ParseState decode(std::string_view input, std::string& body, std::size_t& consumed);

  // After kError: bad_chunk (400) or body_too_large (413).
  [[nodiscard]] const ParseError& error() const { return error_; }

 private:
  enum class State : std::uint8_t {
    kSizeFirst,
    kSize,
    kExtension,
    kSizeLf,
    kData,
    kDataCr,
    kDataLf,
    kTrailerFirst,
    kTrailerName,
    kTrailerValue,
    kTrailerLf,
    kLastLf,
    kDone,
    kFailed
  };

  State step(char c);
  State size_digit(char c);
  State size_end();
  State trailer(char c);
  State discard(State next);
  State fail(int status, const char* reason, const char* detail);

  State state_ = State::kSizeFirst;
  int size_digits_ = 0;
  std::uint64_t size_ = 0;  // of the chunk; in kData, how much of it is still to come
  std::uint64_t room_;      // how much the body may still grow
  std::size_t discarded_ = 0;
  ParseError error_;
};

}  // namespace ashlar::http
