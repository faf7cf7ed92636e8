#include "modules/payments/profile/profile_error.h"

#include <gtest/gtest.h>

#include <array>

#include "platform/json/parse.h"
#include "platform/json/value.h"

namespace ashlar::payments::profile {
namespace {

using base::Code;
using base::fail;

std::string header(const http::Response& response, std::string_view name) {
  for (const auto& [key, value] : response.headers) {
    if (key == name) return value;
  }
  return {};
}

// "400 idempotency_error idempotency_key_in_use param": of what a client would read.
std::string seen(const base::Error& error) {
  const ErrorBody body = error_body(error);
  std::string text = std::to_string(body.status) + " " + std::string(body.type);
  if (!body.code.empty()) text += " " + body.code;
  if (!body.param.empty()) text += " [" + body.param + "]";
  return text;
}

TEST(ProfileErrorTest, StatusAndTypeAreWhatClientsChooseTheirClassesBy) {
  EXPECT_EQ(seen(fail(Code::kInvalid, "idempotency_key_reused", "x")), "400 idempotency_error");
  EXPECT_EQ(seen(fail(Code::kConflict, "idempotency_key_in_use", "x")),
            "409 idempotency_error idempotency_key_in_use");
  EXPECT_EQ(seen(fail(Code::kConflict, "payment_state", "x")),
            "400 invalid_request_error payment_intent_unexpected_state");
  EXPECT_EQ(seen(fail(Code::kNotFound, "payment_not_found", "x")),
            "404 invalid_request_error resource_missing");
  EXPECT_EQ(seen(fail(Code::kUnauthenticated, "invalid_api_key", "x")),
            "401 invalid_request_error");
  EXPECT_EQ(seen(fail(Code::kForbidden, "missing_scope", "x")), "403 invalid_request_error");
  EXPECT_EQ(seen(fail(Code::kTooMany, "any", "x")), "429 invalid_request_error rate_limit");
  EXPECT_EQ(seen(fail(Code::kUnavailable, "storage_busy", "x")), "503 api_error");
  EXPECT_EQ(seen(fail(Code::kDeadline, "any", "x")), "504 api_error");
  EXPECT_EQ(seen(fail(Code::kInternal, "any", "x")), "500 api_error");
}

TEST(ProfileErrorTest, NoErrorIs422) {
  base::Error error{Code::kInvalid, "text_too_long", "too long", {}};
  error.fields.push_back({"/metadata/order", "text_too_long", "too long"});
  EXPECT_EQ(seen(error), "400 invalid_request_error [metadata[order]]");
}

TEST(ProfileErrorTest, ParametersHaveTheNamesThatWereSent) {
  EXPECT_EQ(param_of("/amount"), "amount");
  EXPECT_EQ(param_of("/created/gte"), "created[gte]");
  EXPECT_EQ(param_of("?limit"), "limit");
  EXPECT_EQ(param_of("/method"), "payment_method");
  EXPECT_EQ(param_of("/descriptor"), "statement_descriptor");
}

TEST(ProfileErrorTest, WhatIsOursStaysInTheLog) {
  const std::string body =
      ProfileErrorFace().of_error(fail(Code::kInternal, "x", "SELECT secret"), "r").body;
  EXPECT_EQ(body.find("SELECT"), std::string::npos);
}

// The one fact behind this file: without `error` it would look like a success.
TEST(ProfileErrorTest, WhateverGoesWrongHasATopLevelError) {
  const ProfileErrorFace face;
  constexpr std::array<std::string_view, 1> kNames{"key"};
  std::vector<http::Response> all{face.of_quota(kNames, std::chrono::seconds(7), "r"),
                                  face.of_quota(kNames, std::nullopt, "r")};
  for (const int status : {400, 401, 404, 405, 408, 413, 414, 431, 500, 501, 503, 505}) {
    all.push_back(face.of_refusal(status, "any", "Any.", "r"));
    EXPECT_EQ(all.back().status, status);
  }
  for (const Code code : {Code::kInvalid, Code::kUnauthenticated, Code::kForbidden, Code::kNotFound,
                          Code::kGone, Code::kConflict, Code::kPreconditionFailed, Code::kTooMany,
                          Code::kUnavailable, Code::kDeadline, Code::kInternal}) {
    all.push_back(face.of_error(fail(code, "any", "any"), "r"));
  }
  for (const http::Response& one : all) {
    const auto parsed = json::parse(one.body);
    ASSERT_TRUE(parsed.ok()) << one.body;
    EXPECT_TRUE(one.body.starts_with(R"({"error":{)")) << one.body;
    EXPECT_NE(one.body.find("\"type\":\""), std::string::npos);
    EXPECT_NE(one.body.find("\"message\":\""), std::string::npos);
    EXPECT_GE(one.status, 400);
    EXPECT_EQ(one.content_type, "application/json");
    EXPECT_EQ(header(one, "Request-Id"), "r");
    EXPECT_EQ(header(one, "Stripe-Version"), kApiVersion);
    EXPECT_EQ(header(one, "Retry-After") != "",
              one.status == 503 || (one.status == 429 && &one != &all[1]));
  }
}

}  // namespace
}  // namespace ashlar::payments::profile
