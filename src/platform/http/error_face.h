// ErrorFace: how a listener says that something went wrong.
//
// Each listener has one, for whatever is not a handler's own answer: what the protocol layer
// refuses (404, 405, 413, 431, 503 …), what the house refuses (401, 403, 429) and the errors that
// handlers return. The house's own is problem_face(); a listener that speaks another API's
// protocol brings that API's. Functions are pure. Any thread.
#pragma once

#include <chrono>
#include <optional>
#include <span>
#include <string_view>

#include "base/result.h"
#include "platform/http/response.h"

namespace ashlar::http {

class ErrorFace {
 public:
  virtual ~ErrorFace() = default;

  // Details of kInternal are not the client's: they are in the log, under the request id.
  [[nodiscard]] virtual Response of_error(const base::Error& error,
                                          std::string_view request_id) const = 0;
  // What is refused before there is a Call, and overload. `status` is one of 4xx and 5xx.
  [[nodiscard]] virtual Response of_refusal(int status, std::string_view reason,
                                            std::string_view detail,
                                            std::string_view request_id) const = 0;
  // Who is over the quotas named. No retry_after: the request will never pass.
  [[nodiscard]] virtual Response of_quota(std::span<const std::string_view> violated,
                                          std::optional<std::chrono::seconds> retry_after,
                                          std::string_view request_id) const = 0;
};

// application/problem+json: problem.h. Lives as long as the program.
const ErrorFace& problem_face();

}  // namespace ashlar::http
