// grpc::Status: how a call ended. Codes and their names are gRPC's.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace ashlar::grpc {

enum class Code : std::uint8_t {
  kOk = 0,
  kCancelled = 1,
  kUnknown = 2,
  kInvalidArgument = 3,
  kDeadlineExceeded = 4,
  kNotFound = 5,
  kAlreadyExists = 6,
  kPermissionDenied = 7,
  kResourceExhausted = 8,
  kFailedPrecondition = 9,
  kAborted = 10,
  kOutOfRange = 11,
  kUnimplemented = 12,
  kInternal = 13,
  kUnavailable = 14,
  kDataLoss = 15,
  kUnauthenticated = 16,
};
inline constexpr std::size_t kCodes = 17;

struct Status {
  Code code = Code::kOk;
  std::string message;  // for the person who must act; any UTF-8, cut at 1024 bytes on the wire

  [[nodiscard]] bool ok() const { return code == Code::kOk; }
};

std::string_view name_of(Code code);  // "DEADLINE_EXCEEDED"
Status status_of(const base::Error& error);

// gRPC's percent-encoding of grpc-message: all but printable ASCII, and %.
std::string encode_message(std::string_view message);

}  // namespace ashlar::grpc
