// FieldErrors: collects what is wrong with a request, so that a caller learns all of it at once.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace ashlar::links {

class FieldErrors {
 public:
  void add(std::string field, const char* reason, std::string detail) {
    fields_.push_back({std::move(field), reason, std::move(detail)});
  }
  // What `error` says of its fields, as of `field`.
  void add(const base::Error& error, const std::string& field) {
    for (base::FieldError each : error.fields) {
      each.field = field;
      fields_.push_back(std::move(each));
    }
  }
  [[nodiscard]] base::Status status() const {
    if (fields_.empty()) return base::ok_status();
    if (fields_.size() == 1) {
      return base::Error{base::Code::kInvalid, fields_[0].reason, fields_[0].detail, fields_};
    }
    return base::Error{base::Code::kInvalid, "invalid_request", "Several fields are wrong.",
                       fields_};
  }

 private:
  std::vector<base::FieldError> fields_;
};

}  // namespace ashlar::links
