#include "platform/grpc/status.h"

namespace ashlar::grpc {
namespace {

constexpr std::array<std::string_view, kCodes> kNames = {
    "OK",
    "CANCELLED",
    "UNKNOWN",
    "INVALID_ARGUMENT",
    "DEADLINE_EXCEEDED",
    "NOT_FOUND",
    "ALREADY_EXISTS",
    "PERMISSION_DENIED",
    "RESOURCE_EXHAUSTED",
    "FAILED_PRECONDITION",
    "ABORTED",
    "OUT_OF_RANGE",
    "UNIMPLEMENTED",
    "INTERNAL",
    "UNAVAILABLE",
    "DATA_LOSS",
    "UNAUTHENTICATED",
};

Code code_of(base::Code code) {
  switch (code) {
    case base::Code::kInvalid:
      return Code::kInvalidArgument;
    case base::Code::kUnauthenticated:
      return Code::kUnauthenticated;
    case base::Code::kForbidden:
      return Code::kPermissionDenied;
    case base::Code::kNotFound:
    case base::Code::kGone:
      return Code::kNotFound;
    case base::Code::kConflict:
      return Code::kAborted;
    case base::Code::kPreconditionFailed:
      return Code::kFailedPrecondition;
    case base::Code::kTooMany:
      return Code::kResourceExhausted;
    case base::Code::kUnavailable:
      return Code::kUnavailable;
    case base::Code::kDeadline:
      return Code::kDeadlineExceeded;
    case base::Code::kInternal:
      break;
  }
  return Code::kInternal;
}

constexpr std::size_t kMaxMessageBytes = 1024;

}  // namespace

std::string_view name_of(Code code) { return kNames[static_cast<std::size_t>(code)]; }

Status status_of(const base::Error& error) { return {code_of(error.code), error.detail}; }

std::string encode_message(std::string_view message) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string out;
  for (const char c : message.substr(0, kMaxMessageBytes)) {
    if (c >= ' ' && c <= '~' && c != '%') {
      out += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out += '%';
      out += kDigits[byte >> 4];
      out += kDigits[byte & 15];
    }
  }
  return out;
}

}  // namespace ashlar::grpc
