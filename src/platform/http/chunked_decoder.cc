#include "platform/http/chunked_decoder.h"

#include <algorithm>

#include "base/check.h"
#include "platform/http/byte_class.h"

// One state, one byte: step() is every arrow but those of kData, which decode() takes in bulk.
//
//   SizeFirst ─hex─► Size ─CR─► SizeLf ─LF─┬─ size > 0 ─► Data ─► DataCr ─CR─► DataLf ─LF─►
//   SizeFirst
//                     └─';'─► Extension ─CR┘   size = 0
//                                               │
//   TrailerFirst ◄──────────────────────────────┘
//     ├─CR─► LastLf ─LF─► Done
//     └─token─► TrailerName ─':'─► TrailerValue ─CR─► TrailerLf ─LF─► TrailerFirst
//
// Anything else: Failed.

namespace ashlar::http {

ParseState ChunkedDecoder::decode(std::string_view input, std::string& body,
                                  std::size_t& consumed) {
  std::size_t i = 0;
  while (i < input.size() && state_ != State::kDone && state_ != State::kFailed) {
    if (state_ == State::kData) {
      const std::size_t take = std::min<std::uint64_t>(size_, input.size() - i);
      body.append(input.substr(i, take));
      size_ -= take;
      i += take;
      if (size_ == 0) state_ = State::kDataCr;
    } else {
      state_ = step(input[i++]);
    }
  }
  consumed = i;
  if (state_ == State::kFailed) return ParseState::kError;
  return state_ == State::kDone ? ParseState::kComplete : ParseState::kNeedMore;
}

ChunkedDecoder::State ChunkedDecoder::step(char c) {
  const auto expect = [&](char want, State next) {
    return c == want ? next : fail(400, "bad_chunk", "A chunk is not ended by CR LF.");
  };
  switch (state_) {
    case State::kSizeFirst:
      size_ = 0;
      size_digits_ = 0;
      if (!is_byte(c, kHexByte)) {
        return fail(400, "bad_chunk", "A chunk does not start with its size in hex digits.");
      }
      return size_digit(c);
    case State::kSize:
      if (c == '\r') return State::kSizeLf;
      if (c == ';') return discard(State::kExtension);
      return size_digit(c);
    case State::kExtension:
      if (c == '\r') return State::kSizeLf;
      if (!is_byte(c, kTextByte)) {
        return fail(400, "bad_chunk", "A chunk extension holds a control character.");
      }
      return discard(State::kExtension);
    case State::kSizeLf:
      return expect('\n', State::kData) == State::kFailed ? State::kFailed : size_end();
    case State::kDataCr:
      return expect('\r', State::kDataLf);
    case State::kDataLf:
      return expect('\n', State::kSizeFirst);
    case State::kTrailerFirst:
    case State::kTrailerName:
    case State::kTrailerValue:
      return trailer(c);
    case State::kTrailerLf:
      return expect('\n', State::kTrailerFirst);
    case State::kLastLf:
      return expect('\n', State::kDone);
    case State::kData:
    case State::kDone:
    case State::kFailed:
      break;
  }
  CHECK(false);
}

ChunkedDecoder::State ChunkedDecoder::size_digit(char c) {
  constexpr int kMostDigits = 16;  // 64 bits
  const int digit = hex_value(c);
  if (digit < 0 || size_digits_ == kMostDigits) {
    return fail(400, "bad_chunk", "The size of a chunk is not 1 to 16 hex digits.");
  }
  ++size_digits_;
  size_ = size_ << 4 | static_cast<unsigned>(digit);
  return State::kSize;
}

ChunkedDecoder::State ChunkedDecoder::size_end() {
  if (size_ == 0) return State::kTrailerFirst;
  if (size_ > room_) {
    return fail(413, "body_too_large", "The body is larger than this resource takes.");
  }
  room_ -= size_;
  return State::kData;
}

ChunkedDecoder::State ChunkedDecoder::trailer(char c) {
  if (state_ == State::kTrailerValue) {
    if (c == '\r') return State::kTrailerLf;
    if (is_byte(c, kTextByte)) return discard(State::kTrailerValue);
  } else {
    if (c == '\r' && state_ == State::kTrailerFirst) return State::kLastLf;
    if (c == ':' && state_ == State::kTrailerName) return discard(State::kTrailerValue);
    if (is_byte(c, kTokenByte)) return discard(State::kTrailerName);
  }
  return fail(400, "bad_chunk", "What follows the last chunk is neither a field nor the end.");
}

ChunkedDecoder::State ChunkedDecoder::discard(State next) {
  if (discarded_++ < kMaxDiscardedBytes) return next;
  return fail(400, "bad_chunk", "Chunk extensions or trailer fields are too long.");
}

ChunkedDecoder::State ChunkedDecoder::fail(int status, const char* reason, const char* detail) {
  error_ = ParseError{status, reason, detail};
  return State::kFailed;
}

}  // namespace ashlar::http
