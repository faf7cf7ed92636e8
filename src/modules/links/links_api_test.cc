// The API of links, handler by handler, as the table names them. What the platform does before and
// after (keys, scopes, Idempotency-Key, framing) is tested with it.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "base/check.h"
#include "modules/links/links_module.h"
#include "modules/links/testing/links_fixture.h"
#include "platform/http/call.h"
#include "platform/http/cursor.h"
#include "platform/http/event_stream.h"
#include "platform/http/late_answer.h"
#include "platform/http/problem.h"
#include "platform/http/query.h"
#include "platform/json/parse.h"
#include "platform/json/value.h"

namespace ashlar::links {
namespace {

using http::Method;

struct Request {
  Method method = Method::kGet;
  std::string target;
  std::string body{};
  std::string if_match{};
  base::TenantId tenant = kAlice;
};

struct Answer {
  int status = 0;
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;
  json::Value json;

  [[nodiscard]] std::string header(const std::string& name) const {
    for (const auto& [key, value] : headers) {
      if (key == name) return value;
    }
    return {};
  }
  [[nodiscard]] std::string text(const char* key) const {
    const json::Value* value = json.find(key);
    return value != nullptr && value->if_string() != nullptr ? *value->if_string() : "";
  }
  [[nodiscard]] std::int64_t number(const char* key) const {
    const json::Value* value = json.find(key);
    return value != nullptr && value->if_integer() != nullptr ? *value->if_integer() : -1;
  }
  // The codes of a page.
  [[nodiscard]] std::vector<std::string> codes() const {
    std::vector<std::string> codes;
    for (const json::Value& item : *json.find("data")->if_array()) {
      codes.push_back(*item.find("code")->if_string());
    }
    return codes;
  }
  // "field reason" of each field error.
  [[nodiscard]] std::vector<std::string> errors() const {
    std::vector<std::string> errors;
    const json::Value* list = json.find("errors");
    if (list == nullptr) return errors;
    for (const json::Value& item : *list->if_array()) {
      errors.push_back(*item.find("field")->if_string() + " " + *item.find("reason")->if_string());
    }
    return errors;
  }
};

// Answered before its handler returns.
class KeptAnswer final : public http::LateAnswer {
 public:
  void complete(base::Result<http::Response> answer) override { result = std::move(answer); }
  [[nodiscard]] bool is_wanted() const override { return true; }

  base::Result<http::Response> result = base::fail(base::Code::kInternal, "unanswered", "");
};

class LinksApiTest : public LinksFixture {
 protected:
  void SetUp() override {
    LinksFixture::SetUp();
    if (IsSkipped()) return;
    module_ = std::make_unique<LinksModule>(
        LinksModule::Options{"https://sho.rt", *OwnHosts::parse({"https://sho.rt"}),
                             std::string(CodeSpace::kSecretBytes, 'k'), 2},
        db(), clock_, entropy_, metrics_, log_);
    routes_ = links_routes(*module_, cursors_);
  }

  const http::Route* match(const Request& request, const std::string& path,
                           std::vector<std::string>& params) {
    for (const http::Route& route : routes_) {
      const std::string_view pattern = route.path;
      params.clear();
      const std::size_t open = pattern.find("{code}");
      const std::string_view prefix = pattern.substr(0, open);
      const std::string_view suffix =
          open == std::string_view::npos ? ""
                                         : pattern.substr(open + std::string_view("{code}").size());
      if (route.method != request.method || !path.starts_with(prefix) || !path.ends_with(suffix))
        continue;
      const std::string middle =
          path.substr(prefix.size(), path.size() - prefix.size() - suffix.size());
      if (open == std::string_view::npos
              ? !middle.empty()
              : middle.empty() || middle.find('/') != std::string::npos) {
        continue;
      }
      if (open != std::string_view::npos) params.push_back(middle);
      return &route;
    }
    return nullptr;
  }

  base::Result<http::Response> handle(const http::Route& route, http::Call& call) {
    const http::Handler& handler = route.handler;
    if (const auto* worker = std::get_if<http::WorkerHandler>(&handler)) return (*worker)(call);
    if (const auto* late = std::get_if<http::LateHandler>(&handler)) {
      const auto answer = std::make_shared<KeptAnswer>();
      ASHLAR_TRY((*late)(call, answer));
      return answer->result;
    }
    ASHLAR_TRY(std::get<http::StreamHandler>(handler)(call, stream_));
    return http::Response{};
  }

  Answer send(const Request& request) {
    http::RequestHead head;
    const std::size_t mark = request.target.find('?');
    const std::string path = request.target.substr(0, mark);
    head.method = request.method;
    head.path = path;
    head.if_match = request.if_match;
    http::Call call;
    call.head = &head;
    call.body = request.body;
    call.principal.tenant = request.tenant;
    call.deadline =
        base::SystemClock().mono() + base::Seconds(3600);  // the database lives in real time
    if (mark != std::string::npos) call.query = *http::parse_query(request.target.substr(mark + 1));
    call.route = match(request, path, call.path_params);
    CHECK(call.route != nullptr);
    const auto result = handle(*call.route, call);
    const http::Response response = result.ok() ? *result : http::problem(result.error(), "req");
    Answer answer{response.status, response.body, response.headers, {}};
    if (!response.body.empty()) answer.json = *json::parse(response.body);
    return answer;
  }
  Answer create(const std::string& body, base::TenantId tenant = kAlice) {
    return send({Method::kPost, "/v1/links", body, {}, tenant});
  }
  Answer get(const std::string& target, base::TenantId tenant = kAlice) {
    return send({Method::kGet, target, {}, {}, tenant});
  }
  Answer patch(const std::string& code, const std::string& body, const std::string& if_match = {}) {
    return send({Method::kPatch, "/v1/links/" + code, body, if_match});
  }

  http::CursorCodec cursors_{kit::SipKey{1, 2}};
  std::shared_ptr<http::EventStream> stream_;
  std::unique_ptr<LinksModule> module_;
  http::RouteTable routes_;
};

INSTANTIATE_TEST_SUITE_P(Storage, LinksApiTest, storage::both_engines(), storage::engine_name);

TEST_P(LinksApiTest, CreateAnswersWithTheWholeLink) {
  const Answer answer = create(R"({"url":"https://example.com/a b"})");
  EXPECT_EQ(answer.status, 422);
  const Answer made = create(
      R"({"url":"https://example.com/ä","code":"mine","status":308,"expires_at":"2030-01-01T00:00:00Z"})");
  ASSERT_EQ(made.status, 201) << made.body;
  EXPECT_EQ(made.header("Location"), "/v1/links/mine");
  EXPECT_EQ(made.header("ETag"), "\"v1\"");
  const std::string now = base::format_rfc3339(clock_.now());
  EXPECT_EQ(
      made.body,
      R"({"code":"mine","domain":null,"short_url":"https://sho.rt/mine","url":"https://example.com/%C3%A4",)"
      R"("status":308,"expires_at":"2030-01-01T00:00:00Z","enabled":true,"valid_from":null,)"
      R"("expired_url":null,"max_clicks":null,"clicks_left":null,"has_password":false,)"
      R"("forward_query":false,"rules":[],"variants":[],"title":null,"notes":null,"owner":null,)"
      R"("tags":[],"archived":false,"flag":"none","warnings":[],"created_at":")" +
          now + R"(","updated_at":")" + now + R"(","clicks":0})");
  EXPECT_EQ(get("/v1/links/mine").body, made.body);
  EXPECT_EQ(get("/v1/links/mine").header("ETag"), "\"v1\"");
  const Answer plain = create(R"({"url":"https://example.com/"})");
  EXPECT_EQ(plain.number("status"), 302);
  EXPECT_TRUE(plain.json.find("expires_at")->is_null());
  EXPECT_EQ(plain.text("code").size(), 6U);
}

TEST_P(LinksApiTest, WrongCreatesNameTheirFields) {
  struct Row {
    std::string body;
    int status;
    std::string reason;
    std::vector<std::string> errors;
  };
  ASSERT_EQ(create(R"({"url":"https://example.com/","code":"taken"})").status, 201);
  const std::vector<Row> rows{
      {R"({})", 422, "invalid_request", {"/url required"}},
      {R"({"url":7})", 422, "invalid_request", {"/url wrong_type"}},
      {R"({"url":null})", 422, "invalid_request", {"/url null_not_allowed"}},
      {R"({"url":"https://a.example/","clicks":1})",
       422,
       "invalid_request",
       {"/clicks unknown_field"}},
      {R"({"url":"https://a.example/","status":303})",
       422,
       "invalid_request",
       {"/status not_allowed"}},
      {R"({"url":"https://a.example/","status":"302"})",
       422,
       "invalid_request",
       {"/status wrong_type"}},
      {R"({"url":"https://a.example/","expires_at":"tomorrow"})",
       422,
       "invalid_request",
       {"/expires_at bad_timestamp"}},
      {R"({"url":"https://a.example/","expires_at":"2001-01-01T00:00:00Z"})",
       422,
       "expires_in_past",
       {"/expires_at expires_in_past"}},
      {R"~({"url":"javascript:alert(1)","code":"API"})~",
       422,
       "invalid_request",
       {"/url target_scheme", "/code code_reserved"}},
      {R"({"url":"https://sho.rt/x"})", 422, "target_is_ashlar", {"/url target_is_ashlar"}},
      {R"({"url":"https://a.example/\r\nX: y"})",
       422,
       "target_characters",
       {"/url target_characters"}},
      {R"({"url":"https://a.example/","code":"a\r\nb"})",
       422,
       "code_malformed",
       {"/code code_malformed"}},
      {R"({"url":"https://a.example/","code":"taken"})", 409, "code_taken", {}}};
  for (const Row& row : rows) {
    const Answer answer = create(row.body);
    EXPECT_EQ(answer.status, row.status) << row.body;
    EXPECT_EQ(answer.text("reason"), row.reason) << row.body;
    EXPECT_EQ(answer.errors(), row.errors) << row.body;
  }
}

TEST_P(LinksApiTest, PatchChangesWhatIsGiven) {
  ASSERT_EQ(
      create(R"({"url":"https://example.com/","code":"pat","expires_at":"2030-01-01T00:00:00Z"})")
          .status,
      201);
  clock_.advance(base::Seconds(1));
  const Answer off = patch("pat", R"({"enabled":false})");
  ASSERT_EQ(off.status, 200) << off.body;
  EXPECT_EQ(off.header("ETag"), "\"v2\"");
  EXPECT_FALSE(*off.json.find("enabled")->if_boolean());
  EXPECT_EQ(off.text("expires_at"), "2030-01-01T00:00:00Z");
  const Answer forever =
      patch("pat", R"({"expires_at":null,"url":"https://example.org/","status":301})");
  EXPECT_TRUE(forever.json.find("expires_at")->is_null());
  EXPECT_EQ(forever.text("url"), "https://example.org/");
  EXPECT_EQ(forever.number("status"), 301);
  EXPECT_EQ(patch("pat", "{}").header("ETag"), "\"v3\"");
  EXPECT_EQ(patch("pat", R"({"code":"other"})").errors(),
            std::vector<std::string>{"/code unknown_field"});
  EXPECT_EQ(patch("pat", R"({"enabled":null})").errors(),
            std::vector<std::string>{"/enabled null_not_allowed"});
  EXPECT_EQ(patch("none", R"({"enabled":true})").text("reason"), "link_not_found");
}

TEST_P(LinksApiTest, IfMatch) {
  ASSERT_EQ(create(R"({"url":"https://example.com/","code":"tag"})").status, 201);
  EXPECT_EQ(patch("tag", R"({"status":301})", "\"v2\"").status, 412);
  EXPECT_EQ(patch("tag", R"({"status":301})", "\"v2\"").text("reason"), "etag_mismatch");
  EXPECT_EQ(patch("tag", R"({"status":301})", "W/\"v1\"").status, 412);
  EXPECT_EQ(patch("tag", R"({"status":301})", "v1").status, 400);
  EXPECT_EQ(patch("tag", R"({"status":301})", "\"v0\", \"v1\"").header("ETag"), "\"v2\"");
  EXPECT_EQ(patch("tag", R"({"status":302})", "*").header("ETag"), "\"v3\"");
}

TEST_P(LinksApiTest, OthersAndNobodysLinksAnswerAlike) {
  ASSERT_EQ(create(R"({"url":"https://example.com/","code":"hers"})").status, 201);
  for (const std::string suffix : {"", "/stats", "/clicks"}) {
    const Answer others = get("/v1/links/hers" + suffix, kBob);
    const Answer nobodys = get("/v1/links/none" + suffix, kBob);
    const Answer malformed = get("/v1/links/a" + suffix, kBob);
    EXPECT_EQ(others.status, 404);
    EXPECT_EQ(others.body, nobodys.body);
    EXPECT_EQ(others.body, malformed.body);
    EXPECT_EQ(others.headers, nobodys.headers);
  }
  EXPECT_EQ(get("/v1/clicks/stream?code=hers", kBob).body,
            get("/v1/clicks/stream?code=none", kBob).body);
  EXPECT_TRUE(get("/v1/links", kBob).codes().empty());
}

TEST_P(LinksApiTest, ListsInPages) {
  for (int i = 0; i < 5; ++i) {
    const std::string n = std::to_string(i);
    ASSERT_EQ(create(R"({"url":"https://example.com/","code":"item-)" + n + "\"}").status, 201);
  }
  for (int i = 0; i < 3; ++i) {
    module_->recorder.record(0, LinkId(3), kAlice, clock_.now(), {});
  }
  ASSERT_TRUE(module_->recorder.flush().ok());
  const Answer first = get("/v1/links?limit=2&q=item");
  EXPECT_EQ(first.codes(), (std::vector<std::string>{"item-4", "item-3"}));
  const std::string cursor = first.text("next_cursor");
  EXPECT_EQ(first.header("Link"), "</v1/links?limit=2&q=item&cursor=" + cursor + ">; rel=\"next\"");
  const Answer second = get("/v1/links?limit=2&q=item&cursor=" + cursor);
  EXPECT_EQ(second.codes(), (std::vector<std::string>{"item-2", "item-1"}));
  EXPECT_EQ(*second.json.find("data")->if_array()->front().find("clicks")->if_integer(), 3);
  EXPECT_EQ(*second.json.find("data")->if_array()->back().find("clicks")->if_integer(), 0);
  const Answer last = get("/v1/links?limit=2&q=item&cursor=" + second.text("next_cursor"));
  EXPECT_EQ(last.codes(), std::vector<std::string>{"item-0"});
  EXPECT_TRUE(last.json.find("next_cursor")->is_null());
  EXPECT_EQ(last.header("Link"), "");
  ASSERT_EQ(patch("item-2", R"({"enabled":false})").status, 200);
  EXPECT_EQ(get("/v1/links?enabled=false").codes(), std::vector<std::string>{"item-2"});
  // A cursor is good for its list and its tenant only.
  EXPECT_EQ(get("/v1/links?cursor=" + cursor, kBob).text("reason"), "invalid_cursor");
  EXPECT_EQ(get("/v1/links/item-1/clicks?cursor=" + cursor).text("reason"), "invalid_cursor");
}

TEST_P(LinksApiTest, WrongQueriesNameTheirParameter) {
  const std::vector<std::pair<std::string, std::string>> rows{
      {"limit=0", "?limit out_of_range"},
      {"limit=101", "?limit out_of_range"},
      {"limit=-1", "?limit out_of_range"},
      {"limit=1x", "?limit out_of_range"},
      {"limit=", "?limit out_of_range"},
      {"limit=99999999999999999999", "?limit out_of_range"},
      {"enabled=yes", "?enabled not_allowed"},
      {"q=" + std::string(201, 'x'), "?q too_long"}};
  for (const auto& [query, error] : rows) {
    const Answer answer = get("/v1/links?" + query);
    EXPECT_EQ(answer.errors(), std::vector<std::string>{error}) << query;
  }
  EXPECT_EQ(get("/v1/links?cursor=abc").text("reason"), "invalid_cursor");
}

TEST_P(LinksApiTest, StatsAndClicks) {
  ASSERT_EQ(create(R"({"url":"https://example.com/","code":"sta"})").status, 201);
  const ClickDetail detail{"https://news.example/x", "Mozilla/5.0 Firefox/128.0"};
  for (int i = 0; i < 3; ++i) module_->recorder.record(0, LinkId(1), kAlice, clock_.now(), detail);
  clock_.advance(base::Seconds(1));
  ASSERT_TRUE(module_->recorder.flush().ok());
  const Answer stats = get("/v1/links/sta/stats");
  ASSERT_EQ(stats.status, 200);
  EXPECT_EQ(stats.text("code"), "sta");
  EXPECT_EQ(stats.number("clicks"), 3);
  EXPECT_EQ(stats.text("as_of"), base::format_rfc3339(clock_.now()));
  EXPECT_EQ(stats.json.find("by_hour")->if_array()->size(), 48U);
  EXPECT_EQ(stats.json.find("by_day")->if_array()->size(), 90U);
  EXPECT_EQ(*stats.json.find("by_hour")->if_array()->back().find("clicks")->if_integer(), 3);
  EXPECT_EQ(get("/v1/links/sta").number("clicks"), 3);

  const Answer clicks = get("/v1/links/sta/clicks?limit=2");
  const auto& items = *clicks.json.find("data")->if_array();
  ASSERT_EQ(items.size(), 2U);
  EXPECT_EQ(*items[0].find("referrer")->if_string(), "news.example");
  EXPECT_EQ(*items[0].find("agent")->if_string(), "browser");
  const Answer rest = get("/v1/links/sta/clicks?limit=2&cursor=" + clicks.text("next_cursor"));
  EXPECT_EQ(rest.json.find("data")->if_array()->size(), 1U);
  EXPECT_TRUE(rest.json.find("next_cursor")->is_null());
}

}  // namespace
}  // namespace ashlar::links
