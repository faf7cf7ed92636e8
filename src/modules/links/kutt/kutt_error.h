// KuttErrorFace: errors as Kutt's clients read them: {"error":"A sentence."}, application/json.
// Input that is wrong is 400. Our reason stands beside it, in "reason". Pure.
#pragma once

#include "platform/http/error_face.h"

namespace ashlar::links::kutt {

class KuttErrorFace final : public http::ErrorFace {
 public:
  [[nodiscard]] http::Response of_error(const base::Error& error,
                                        std::string_view request_id) const override;
  [[nodiscard]] http::Response of_refusal(int status, std::string_view reason,
                                          std::string_view detail,
                                          std::string_view request_id) const override;
  [[nodiscard]] http::Response of_quota(std::span<const std::string_view> violated,
                                        std::optional<std::chrono::seconds> retry_after,
                                        std::string_view request_id) const override;
};

// Lives as long as the program.
const http::ErrorFace& kutt_face();

}  // namespace ashlar::links::kutt
