#include "platform/http/problem.h"

#include <gtest/gtest.h>

#include <string>

namespace ashlar::http {
namespace {

bool has(const Response& response, const std::string& part) {
  return response.body.find(part) != std::string::npos;
}

TEST(Problem, DetailsAreSentencesWhoeverWroteThem) {
  base::Error error = base::fail(base::Code::kInvalid, "invalid_request", "two fields are wrong");
  error.fields.push_back({"/code", "wrong_type", "must be a string"});
  error.fields.push_back({"/scope", "not_allowed", "links:fly is no scope"});
  const Response response = problem(error, "id");
  EXPECT_EQ(response.status, 422);
  for (const char* detail :
       {"\"detail\":\"Two fields are wrong.\"", "\"detail\":\"Must be a string.\"",
        "\"detail\":\"links:fly is no scope.\""}) {
    EXPECT_TRUE(has(response, detail)) << detail << response.body;
  }
  EXPECT_TRUE(
      has(problem(404, "not_found", "there is nothing", "id"), "\"detail\":\"There is nothing.\""));
}

TEST(Problem, WhatIsInternalStaysInTheLog) {
  const Response response =
      problem(base::fail(base::Code::kInternal, "damaged", "row 7 of secrets"), "4711");
  EXPECT_EQ(response.status, 500);
  EXPECT_FALSE(has(response, "secrets"));
  EXPECT_TRUE(has(response, "4711"));
}

}  // namespace
}  // namespace ashlar::http
