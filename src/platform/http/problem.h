// Problem: an error as the client sees it (RFC 9457, application/problem+json).
//
//   {"type":"https://ashlar.dev/problems/code_taken","title":"Conflict","status":409,
//    "detail":"…","reason":"code_taken","request_id":"…","errors":[{"field":"/url",…}]}
//
// This file alone chooses HTTP statuses for errors:
//   kInvalid 400, or 422 where fields of the body or a replayed key are wrong;  kUnauthenticated
//   401; kForbidden 403;  kNotFound 404;  kConflict 409;  kGone 410;  kPreconditionFailed 412;
//   kTooMany 429;  kInternal 500;  kUnavailable 503;  kDeadline 504.
// 401 carries WWW-Authenticate, 429 and 503 carry Retry-After. Details of kInternal stay in the
// log: the client gets the request id to ask about. Every detail is made a sentence here, whoever
// wrote it (base/sentence.h).
#pragma once

#include <chrono>
#include <optional>
#include <span>
#include <string_view>

#include "base/result.h"
#include "platform/http/response.h"

namespace ashlar::http {

int status_of(const base::Error& error);
Response problem(const base::Error& error, std::string_view request_id);
// For what the protocol layer refuses before there is a Call (405, 413, 414, 431, 501 …).
Response problem(int status, std::string_view reason, std::string_view detail,
                 std::string_view request_id);

// 429 for who is over a quota: of the problem type that
// draft-ietf-httpapi-ratelimit-headers registers, with the names of the quotas that refused
// ("violated-policies") and Retry-After, at least 1 s; none where the request will never pass.
Response quota_problem(std::span<const std::string_view> violated,
                       std::optional<std::chrono::seconds> retry_after,
                       std::string_view request_id);

// "Not Found" and the like; "Unknown" for what HTTP has no phrase for.
std::string_view status_text(int status);

}  // namespace ashlar::http
