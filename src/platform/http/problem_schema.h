// The shape of a Problem for the API's documents. problem.cc renders problems by itself, since it
// must be able to whatever else is wrong; problem_schema_test holds one against the other.
#pragma once

#include <string>
#include <vector>

#include "platform/json/schema.h"

namespace ashlar::http {

struct ProblemField {
  std::string field;
  std::string reason;
  std::string detail;
};

struct ProblemView {
  std::string type;
  std::string title;
  int status = 0;
  std::string detail;
  std::string reason;
  std::string request_id;
  std::vector<ProblemField> errors;
  std::vector<std::string> violated_policies;
};

const json::Schema<ProblemView>& problem_schema();

}  // namespace ashlar::http
