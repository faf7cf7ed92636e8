// The documents of a small API: that they say what the rows say, and say it the same each time.
#include "platform/http/openapi.h"

#include <gtest/gtest.h>

#include <string>

#include "platform/http/problem.h"
#include "platform/http/problem_schema.h"
#include "platform/http/testing/sample_routes.h"
#include "platform/json/parse.h"
#include "platform/json/writer.h"

namespace ashlar::http {
namespace {

using json::Value;

const ApiInfo kInfo{.title = "Sample",
                    .version = "1.2.3",
                    .description = "A sample.",
                    .base_url = "https://go.example",
                    .modules = {{"links", "Links", "Short links."}}};

// Follows a path of keys and array indices; fails the test where there is nothing.
const Value& at(const Value& root, std::initializer_list<std::string_view> path) {
  static const Value kNothing;
  const Value* here = &root;
  for (const std::string_view step : path) {
    const Value* next = here->find(step);
    if (next == nullptr && here->if_array() != nullptr) {
      const std::size_t index = std::stoul(std::string(step));
      if (index < here->if_array()->size()) next = &(*here->if_array())[index];
    }
    if (next == nullptr) {
      ADD_FAILURE() << "there is no " << step;
      return kNothing;
    }
    here = next;
  }
  return *here;
}

std::string text_at(const Value& root, std::initializer_list<std::string_view> path) {
  return json::to_text(at(root, path));
}

Value document() {
  const std::string text = openapi_document(testing::sample_routes(), kInfo);
  base::Result<Value> value = json::parse(text, {.max_values = 1'000'000});
  EXPECT_TRUE(value.ok()) << value.error().detail;
  return std::move(value).value();
}

TEST(OpenApi, HeadIsWhatTheInfoSays) {
  const Value doc = document();
  EXPECT_EQ(text_at(doc, {"openapi"}), R"("3.1.0")");
  EXPECT_EQ(text_at(doc, {"info", "title"}), R"("Sample")");
  EXPECT_EQ(text_at(doc, {"info", "version"}), R"("1.2.3")");
  EXPECT_EQ(text_at(doc, {"servers", "0", "url"}), R"("https://go.example")");
  // The known module first, then what the table has besides, by name.
  EXPECT_EQ(text_at(doc, {"tags", "0", "name"}), R"("links")");
  EXPECT_EQ(text_at(doc, {"tags", "0", "description"}), R"("Short links.")");
  EXPECT_EQ(text_at(doc, {"tags", "1", "name"}), R"("admin")");
  EXPECT_EQ(text_at(doc, {"tags", "2", "name"}), R"("platform")");
}

TEST(OpenApi, EveryDocumentedRouteIsThere) {
  const Value doc = document();
  std::string seen;
  for (const auto& [path, item] : *at(doc, {"paths"}).if_object()) {
    for (const auto& [method, operation] : *item.if_object()) {
      seen.append(method).append(" ").append(path).append(" ");
      seen.append(*operation.find("operationId")->if_string()).append("\n");
    }
  }
  EXPECT_EQ(seen,
            "post /v1/links links_create\n"
            "get /v1/links links_list\n"
            "get /v1/links/{code} links_get\n"
            "patch /v1/links/{code} links_update\n"
            "delete /v1/links/{code} links_delete\n"
            "get /v1/links/{code}/clicks links_clicks_get\n"
            "get /{code} links_by_code_get\n"
            "post /v1/admin/session admin_session\n"
            "get /v1/tenants tenants_list\n"
            "get /healthz healthz_get\n"
            "get /metrics metrics_get\n");
}

TEST(OpenApi, CreateSaysAllThatARequestMeets) {
  const Value doc = document();
  const Value& create = at(doc, {"paths", "/v1/links", "post"});
  EXPECT_EQ(text_at(create, {"security"}),
            R"([{"api_key":["links:write"]},{"console_session":[]}])");
  EXPECT_EQ(text_at(create, {"summary"}), R"("Shorten a URL")");
  EXPECT_TRUE(text_at(create, {"description"}).starts_with("\"A custom code may be taken."));
  EXPECT_EQ(text_at(create, {"parameters", "0", "name"}), R"("Idempotency-Key")");
  EXPECT_EQ(text_at(create, {"parameters", "0", "required"}), "false");
  EXPECT_EQ(text_at(create, {"requestBody", "content", "application/json", "schema", "$ref"}),
            R"("#/components/schemas/CreateLink")");
  EXPECT_EQ(text_at(create, {"responses", "201", "content", "application/json", "schema", "$ref"}),
            R"("#/components/schemas/Link")");
  EXPECT_NE(create.find("responses")->find("201")->find("headers")->find("Location"), nullptr);
  EXPECT_EQ(text_at(create, {"x-ashlar-cost"}), "2");
  for (const char* status :
       {"400", "401", "403", "409", "413", "415", "422", "500", "503", "504"}) {
    EXPECT_NE(create.find("responses")->find(status), nullptr) << status;
  }
  EXPECT_EQ(create.find("responses")->find("412"), nullptr);
}

TEST(OpenApi, ErrorsCarryTheirReasons) {
  const Value doc = document();
  const Value& conflict = at(doc, {"paths", "/v1/links", "post", "responses", "409"});
  EXPECT_EQ(text_at(conflict, {"$ref"}), R"("#/components/responses/Conflict")");
  const Value& response = at(doc, {"components", "responses", "Conflict"});
  EXPECT_EQ(text_at(response, {"x-ashlar-reasons"}), R"(["code_taken"])");
  EXPECT_EQ(text_at(response, {"content", "application/problem+json", "schema", "$ref"}),
            R"("#/components/schemas/Problem")");
  EXPECT_NE(text_at(response, {"description"}).find("Another link has this code."),
            std::string::npos);
}

TEST(OpenApi, RequestsAreClosedAndAnswersOpen) {
  const Value doc = document();
  const Value& schemas = at(doc, {"components", "schemas"});
  EXPECT_EQ(text_at(schemas, {"CreateLink", "additionalProperties"}), "false");
  EXPECT_EQ(schemas.find("Link")->find("additionalProperties"), nullptr);
  EXPECT_EQ(text_at(schemas, {"LinkPage", "properties", "data", "items", "$ref"}),
            R"("#/components/schemas/Link")");
}

TEST(OpenApi, ParametersFollowFromTheRow) {
  const Value doc = document();
  const Value& list = at(doc, {"paths", "/v1/links", "get", "parameters"});
  std::string names;
  for (const Value& param : *list.if_array()) names += *param.find("name")->if_string() + " ";
  EXPECT_EQ(names, "q limit cursor Ashlar-Tenant ");
  const Value& update = at(doc, {"paths", "/v1/links/{code}", "patch", "parameters"});
  // What the code is, is said by the field of that name in the answer.
  EXPECT_EQ(text_at(update, {"0", "description"}), R"("Names the link.")");
  EXPECT_EQ(text_at(update, {"0", "example"}), R"("Ab3xY9")");
  EXPECT_EQ(text_at(update, {"1", "name"}), R"("If-Match")");
  EXPECT_NE(at(doc, {"paths", "/v1/links/{code}", "patch", "responses"}).find("412"), nullptr);
}

TEST(OpenApi, PublicRoutesAskForNothing) {
  const Value doc = document();
  EXPECT_EQ(text_at(doc, {"paths", "/healthz", "get", "security"}), "[]");
  EXPECT_EQ(at(doc, {"paths", "/healthz", "get", "responses"}).find("401"), nullptr);
  EXPECT_EQ(text_at(doc, {"paths", "/v1/tenants", "get", "security"}),
            R"([{"console_session":[]}])");
  EXPECT_EQ(at(doc, {"paths", "/{code}", "get", "responses", "302"}).find("content"), nullptr);
}

TEST(OpenApi, SameTableSameBytes) {
  EXPECT_EQ(openapi_document(testing::sample_routes(), kInfo),
            openapi_document(testing::sample_routes(), kInfo));
}

TEST(OpenApi, EveryReferenceLeadsSomewhere) {
  const std::string text = openapi_document(testing::sample_routes(), kInfo);
  const Value doc = document();
  constexpr std::string_view kStart = R"("$ref":"#/components/)";
  int references = 0;
  for (std::size_t i = text.find(kStart); i != std::string::npos; i = text.find(kStart, i + 1)) {
    const std::size_t begin = i + kStart.size();
    const std::string path = text.substr(begin, text.find('"', begin) - begin);
    const std::size_t slash = path.find('/');
    at(doc, {"components", path.substr(0, slash), path.substr(slash + 1)});
    ++references;
  }
  EXPECT_GT(references, 20);
}

TEST(ProblemSchema, IsWhatProblemsLookLike) {
  base::Error error{base::Code::kInvalid,
                    "invalid_request",
                    "1 field is wrong",
                    {{"/url", "required", "must be given"}}};
  const Response with_fields = problem(error, "r1");
  const base::Result<ProblemView> view = problem_schema().parse_body(with_fields.body);
  ASSERT_TRUE(view.ok()) << with_fields.body;
  EXPECT_EQ(view->status, 422);
  ASSERT_EQ(view->errors.size(), 1U);
  EXPECT_EQ(view->errors[0].field, "/url");

  const Response plain = problem(404, "not_found", "nothing here", "r2");
  const base::Result<ProblemView> bare = problem_schema().parse_body(plain.body);
  ASSERT_TRUE(bare.ok()) << plain.body;
  EXPECT_EQ(bare->reason, "not_found");
  EXPECT_EQ(bare->request_id, "r2");
}

}  // namespace
}  // namespace ashlar::http
