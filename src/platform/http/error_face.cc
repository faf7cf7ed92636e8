#include "platform/http/error_face.h"

#include "platform/http/problem.h"

namespace ashlar::http {
namespace {

class ProblemFace final : public ErrorFace {
 public:
  Response of_error(const base::Error& error, std::string_view request_id) const override {
    return problem(error, request_id);
  }
  Response of_refusal(int status, std::string_view reason, std::string_view detail,
                      std::string_view request_id) const override {
    return problem(status, reason, detail, request_id);
  }
  Response of_quota(std::span<const std::string_view> violated,
                    std::optional<std::chrono::seconds> retry_after,
                    std::string_view request_id) const override {
    return quota_problem(violated, retry_after, request_id);
  }
};

}  // namespace

const ErrorFace& problem_face() {
  static const ProblemFace face;
  return face;
}

}  // namespace ashlar::http
