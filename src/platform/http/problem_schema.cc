#include "platform/http/problem_schema.h"

namespace ashlar::http {
namespace {

const json::Schema<ProblemField>& field_schema() {
  static const auto schema =
      json::Schema<ProblemField>("ProblemField", "One wrong field.")
          .required("field", &ProblemField::field,
                    {.doc = "A JSON pointer into the body (`/url`), or `?name` of a parameter.",
                     .example = "/url"})
          .required("reason", &ProblemField::reason,
                    {.doc = "Stable, snake_case.", .example = "too_long"})
          .required("detail", &ProblemField::detail,
                    {.doc = "What it must be.", .example = "must have at most 2048 characters"});
  return schema;
}

}  // namespace

const json::Schema<ProblemView>& problem_schema() {
  static const auto schema =
      json::Schema<ProblemView>("Problem",
                                "What went wrong (RFC 9457). Decide by `reason`: it never changes.")
          .required("type", &ProblemView::type, {.doc = "The reason as a URI.", .format = "uri"})
          .required("title", &ProblemView::title, {.doc = "The status in words."})
          .required("status", &ProblemView::status, {.doc = "The HTTP status."})
          .required("detail", &ProblemView::detail,
                    {.doc = "A sentence for the person who must act. It may change."})
          .required("reason", &ProblemView::reason, {.doc = "Stable, snake_case."})
          .required("request_id", &ProblemView::request_id,
                    {.doc = "Finds the request in the server's log."})
          .optional("errors", &ProblemView::errors, field_schema(),
                    {.doc = "Each wrong field or parameter, where the reason is theirs."})
          .optional("violated-policies", &ProblemView::violated_policies,
                    {.doc = "Of `quota_exceeded`: the quotas that are used up."});
  return schema;
}

}  // namespace ashlar::http
