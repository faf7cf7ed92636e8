#include "platform/security/security_api.h"

#include <algorithm>
#include <variant>

#include "platform/http/cursor.h"
#include "platform/http/problem.h"
#include "platform/json/parse.h"
#include "platform/json/value.h"
#include "platform/json/writer.h"
#include "platform/security/api_key.h"
#include "platform/security/authenticator.h"
#include "platform/security/idempotency.h"
#include "platform/security/testing/security_test_base.h"

namespace ashlar::security {
namespace {

using http::Call;
using http::Response;
using http::Route;

struct Asked {
  std::string body{};
  std::vector<std::string> params{};
  std::vector<std::pair<std::string, std::string>> query{};
  std::string cookie{};
  std::string idempotency_key{};
  bool console = true;
};

// Calls the rows of the table as the HTTP layer does, past routing and authentication.
class SecurityApiTest : public SecurityTest {
 protected:
  void SetUp() override {
    SecurityTest::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    keys_ = make_keys();
    admin_ = std::make_unique<Admin>(db(), clock_, entropy_, kCheapCost);
    tenants_ = std::make_unique<Tenants>(db(), clock_, std::vector<TenantData>{});
    table_ = security_routes({*tenants_, *keys_, *admin_, cursors_, "9.8.7"});
  }
  void TearDown() override {
    close();
    keys_.reset();
  }

  static Principal admin_for(base::TenantId tenant) {
    Principal principal = admin();
    principal.tenant = tenant;
    return principal;
  }

  Response call(http::Method method, std::string_view path, const Principal& who,
                const Asked& asked = {}) {
    const auto route = std::ranges::find_if(
        table_, [&](const Route& r) { return r.method.value == method && r.path.value == path; });
    if (route == table_.end()) {
      ADD_FAILURE() << "no route " << path;
      return {};
    }
    http::RequestHead head;
    head.method = method;
    head.path = path;
    head.cookie = asked.cookie;
    // An empty view that points somewhere would be a field that was sent empty.
    if (!asked.idempotency_key.empty()) head.idempotency_key = asked.idempotency_key;
    head.method_text = "POST";
    if (asked.console) {
      head.fields[0] = {"X-Requested-With", "ashlar-console"};
      head.field_count = 1;
    }
    Call request;
    request.route = &*route;
    request.head = &head;
    request.body = asked.body;
    request.path_params = asked.params;
    request.query = asked.query;
    request.principal = who;
    request.request_id = "r1";
    request.client_address = "192.0.2.1";
    request.deadline = store_->clock.mono() + base::Seconds(30);
    const auto answer = run(route->handler.value, request);
    return answer.ok() ? *answer : http::problem(answer.error(), "r1");
  }

  base::Result<Response> run(const http::Handler& handler, Call& request) {
    if (const auto* worker = std::get_if<http::WorkerHandler>(&handler)) return (*worker)(request);
    const auto& transaction = std::get<http::TransactionHandler>(handler);
    return db().write(request.tenant_context(),
                      [&](storage::Transaction& tx) { return transaction(request, tx); });
  }

  static std::string header(const Response& response, std::string_view name) {
    for (const auto& [own, value] : response.headers) {
      if (own == name) return value;
    }
    return "";
  }
  static json::Value body(const Response& response) {
    const auto parsed = json::parse(response.body);
    EXPECT_TRUE(parsed.ok()) << response.body;
    return parsed.ok() ? *parsed : json::Value();
  }
  static std::string text(const json::Value& value, std::string_view key) {
    const json::Value* found = value.find(key);
    const std::string* string = found ? found->if_string() : nullptr;
    return string ? *string : "";
  }
  static std::string reason(const Response& response) { return text(body(response), "reason"); }

  const http::CursorCodec cursors_{{1, 2}};
  std::unique_ptr<ApiKeys> keys_;
  std::unique_ptr<Admin> admin_;
  std::unique_ptr<Tenants> tenants_;
  http::RouteTable table_;
};

using enum http::Method;

TEST_P(SecurityApiTest, TheConsoleIsClaimedSignedInToAndLeft) {
  const Principal nobody;
  const Response before = call(kGet, "/v1/admin/session", nobody);
  EXPECT_EQ(before.body, R"({"authenticated":false,"claimed":false,"version":"9.8.7"})");
  EXPECT_EQ(
      reason(call(kPost, "/v1/admin/session", nobody, {.body = R"({"password":"0123456789"})"})),
      "not_claimed");
  const std::string token = **admin_->offer_claim();
  const Response claimed =
      call(kPost, "/v1/admin/claim", nobody,
           {.body = R"({"token":")" + token + R"(","password":"0123456789"})"});
  EXPECT_EQ(claimed.status, 200);
  EXPECT_EQ(claimed.body, R"({"authenticated":true,"claimed":true,"version":"9.8.7"})");
  EXPECT_EQ(header(claimed, "Cache-Control"), "no-store");
  const std::string set_cookie = header(claimed, "Set-Cookie");
  const std::string cookie = set_cookie.substr(0, set_cookie.find(';'));
  EXPECT_TRUE(cookie.starts_with("ashlar_session="));
  EXPECT_EQ(call(kGet, "/v1/admin/session", nobody, {.cookie = cookie}).body,
            R"({"authenticated":true,"claimed":true,"version":"9.8.7"})");
  EXPECT_EQ(
      reason(call(kDelete, "/v1/admin/session", nobody, {.cookie = cookie, .console = false})),
      "csrf_check_failed");
  const Response left = call(kDelete, "/v1/admin/session", nobody, {.cookie = cookie});
  EXPECT_EQ(left.status, 204);
  EXPECT_NE(header(left, "Set-Cookie").find("Max-Age=0"), std::string::npos);
  EXPECT_EQ(call(kGet, "/v1/admin/session", nobody, {.cookie = cookie}).body,
            R"({"authenticated":false,"claimed":true,"version":"9.8.7"})");
  EXPECT_EQ(call(kDelete, "/v1/admin/session", nobody).status, 204);
}

TEST_P(SecurityApiTest, WhoGuessesTooOftenIsToldForHowLongToWait) {
  ASSERT_TRUE(admin_->reset_password("0123456789").ok());
  Response last;
  for (int i = 0; i < 11; ++i) {
    last = call(kPost, "/v1/admin/session", {}, {.body = R"({"password":"wrong guess"})"});
    EXPECT_EQ(last.status, i < 10 ? 401 : 429);
  }
  EXPECT_EQ(reason(last), "too_many_attempts");
  EXPECT_EQ(header(last, "Retry-After"), "30");
}

TEST_P(SecurityApiTest, WrongBodies) {
  struct Case {
    const char* path;
    const char* body;
    int status;
    const char* reason;
  };
  const Case cases[] = {
      {"/v1/admin/claim", "{}", 422, "invalid_request"},
      {"/v1/admin/claim", R"({"token":"x","password":"short"})", 422, "invalid_request"},
      {"/v1/admin/claim", R"({"token":"x","password":"0123456789"})", 403, "claim_token_invalid"},
      {"/v1/admin/session", R"({"password":1})", 422, "invalid_request"},
      {"/v1/admin/session", R"({"password":"a","x":1})", 422, "invalid_request"},
      {"/v1/admin/session", "{", 400, "invalid_json"},
      {"/v1/tenants", R"({"name":"Big"})", 422, "invalid_request"},
      {"/v1/tenants", R"({"name":"system"})", 422, "tenant_name_reserved"},
      {"/v1/tenants", R"({"name":"alpha"})", 409, "tenant_exists"},
      {"/v1/keys", R"({"scopes":[]})", 422, "invalid_request"},
      {"/v1/keys", R"({"scopes":["links:own"]})", 422, "invalid_request"},
      {"/v1/keys", R"({"scopes":["links:read"],"expires_at":"2001-01-01T00:00:00Z"})", 422,
       "invalid_request"},
      {"/v1/keys", R"({"scopes":["links:read"],"expires_at":"soon"})", 422, "invalid_request"},
      {"/v1/keys", R"({"scopes":["links:read"],"name":""})", 422, "invalid_request"},
  };
  for (const Case& c : cases) {
    const Response refused = call(kPost, c.path, admin_for(alpha_), {.body = c.body});
    EXPECT_EQ(refused.status, c.status) << c.path << c.body;
    EXPECT_EQ(reason(refused), c.reason) << c.path << c.body;
  }
}

TEST_P(SecurityApiTest, TenantsAreMadeShownAndListed) {
  const Response made = call(kPost, "/v1/tenants", admin(), {.body = R"({"name":"gamma"})"});
  EXPECT_EQ(made.status, 201);
  EXPECT_EQ(header(made, "Location"), "/v1/tenants/gamma");
  EXPECT_EQ(call(kGet, "/v1/tenants/{name}", admin(), {.params = {"gamma"}}).body, made.body);
  EXPECT_EQ(reason(call(kGet, "/v1/tenants/{name}", admin(), {.params = {"delta"}})),
            "tenant_not_found");
  const Response first = call(kGet, "/v1/tenants", admin(), {.query = {{"limit", "2"}}});
  EXPECT_EQ(body(first).find("data")->if_array()->size(), 2u);
  const std::string cursor = text(body(first), "next_cursor");
  EXPECT_EQ(header(first, "Link"), "</v1/tenants?limit=2&cursor=" + cursor + ">; rel=\"next\"");
  const Response second =
      call(kGet, "/v1/tenants", admin(), {.query = {{"limit", "2"}, {"cursor", cursor}}});
  ASSERT_EQ(body(second).find("data")->if_array()->size(), 1u);
  EXPECT_EQ(text((*body(second).find("data")->if_array())[0], "name"), "gamma");
  EXPECT_TRUE(body(second).find("next_cursor")->is_null());
  EXPECT_EQ(header(second, "Link"), "");
  for (const char* limit : {"0", "101", "-1", "x", "", "1.5", "99999999999"}) {
    EXPECT_EQ(call(kGet, "/v1/tenants", admin(), {.query = {{"limit", limit}}}).status, 400)
        << limit;
  }
  EXPECT_EQ(reason(call(kGet, "/v1/tenants", admin(), {.query = {{"cursor", "x"}}})),
            "invalid_cursor");
}

TEST_P(SecurityApiTest, ATenantIsMadeOnceForEachIdempotencyKey) {
  const auto make = [&](std::string body, std::string key) {
    return call(kPost, "/v1/tenants", admin(),
                {.body = std::move(body), .idempotency_key = std::move(key)});
  };
  const std::string gamma = R"({"name":"gamma"})";
  const Response first = make(gamma, "k1");
  ASSERT_EQ(first.status, 201) << first.body;
  EXPECT_EQ(header(first, "Idempotency-Replayed"), "");
  for (const char* same : {"k1", "\"k1\""}) {
    const Response again = make(gamma, same);
    EXPECT_EQ(again.status, 201);
    EXPECT_EQ(again.body, first.body);
    EXPECT_EQ(header(again, "Location"), "/v1/tenants/gamma");
    EXPECT_EQ(header(again, "Idempotency-Replayed"), "true");
  }
  EXPECT_EQ(reason(make(R"({"name":"delta"})", "k1")), "idempotency_key_reused");
  EXPECT_EQ(reason(make(gamma, "k2")), "tenant_exists");
  EXPECT_EQ(reason(make(gamma, "")), "tenant_exists");
  EXPECT_EQ(reason(make(R"({"name":"delta"})", "two words")), "bad_idempotency_key");
  // The error left no record: the key is free.
  EXPECT_EQ(make(R"({"name":"delta"})", "k2").status, 201);
}

// What is replayed names the key but does not hold it.
TEST_P(SecurityApiTest, ARepeatedKeyIsAnsweredWithoutItsSecret) {
  const Response made = call(kPost, "/v1/keys", admin_for(alpha_),
                             {.body = R"({"name":"importer","scopes":["links:read"]})"});
  ASSERT_EQ(made.status, 201);
  const IdempotentRequest request{"live", "k1", "POST /v1/keys", "hash"};
  std::optional<StoredAnswer> replay;
  ASSERT_TRUE(db().write(alpha(),
                         [&](storage::Transaction& tx) -> base::Status {
                           ASHLAR_TRY(record(tx, request, made.status, made.headers, made.body,
                                             clock_.now()));
                           ASHLAR_ASSIGN(replay, look_up(tx, request, clock_.now()));
                           return base::ok_status();
                         })
                  .ok());
  ASSERT_TRUE(replay.has_value());
  EXPECT_EQ(replay->status, 201);
  EXPECT_EQ(replay->headers, made.headers);
  json::Value expected = body(made);
  std::erase_if(*expected.if_object(), [](const auto& member) { return member.first == "key"; });
  EXPECT_EQ(replay->body, json::to_text(expected));
  EXPECT_EQ(replay->body.find(text(body(made), "key")), std::string::npos);
}

TEST_P(SecurityApiTest, AKeyIsShownOnce) {
  const Principal who = admin_for(alpha_);
  const Response made =
      call(kPost, "/v1/keys", who,
           {.body = R"({"name":"importer","scopes":["links:read","links:write"]})"});
  ASSERT_EQ(made.status, 201) << made.body;
  EXPECT_EQ(header(made, "Cache-Control"), "no-store");
  const json::Value key = body(made);
  const std::string id = text(key, "id");
  EXPECT_EQ(header(made, "Location"), "/v1/keys/" + id);
  EXPECT_TRUE(text(key, "key").starts_with(text(key, "prefix")));
  EXPECT_TRUE(keys_->authenticate(text(key, "key")).ok());
  EXPECT_TRUE(key.find("expires_at")->is_null() && key.find("last_used_at")->is_null() &&
              key.find("revoked_at")->is_null());
  for (const Response& later :
       {call(kGet, "/v1/keys/{id}", who, {.params = {id}}), call(kGet, "/v1/keys", who)}) {
    EXPECT_EQ(later.status, 200);
    EXPECT_NE(later.body.find(text(key, "prefix")), std::string::npos);
    EXPECT_EQ(later.body.find(text(key, "key")), std::string::npos);
  }
  EXPECT_EQ(call(kDelete, "/v1/keys/{id}", who, {.params = {id}}).status, 204);
  EXPECT_FALSE(keys_->authenticate(text(key, "key")).ok());
  EXPECT_EQ(call(kDelete, "/v1/keys/{id}", who, {.params = {id}}).status, 204);
}

// The answer for another tenant's key is the same as for nobody's, down to the last byte.
TEST_P(SecurityApiTest, AnotherTenantsKeysAreNobodys) {
  const auto created = keys_->create(alpha(), {{}, {"links:read"}, {}}, admin());
  const Principal who = admin_for(beta_);
  const std::string id = created->key.id.to_string();
  for (const http::Method method : {kGet, kDelete}) {
    const Response nobodys = call(method, "/v1/keys/{id}", who, {.params = {"123"}});
    EXPECT_EQ(nobodys.status, 404);
    for (const std::string& other :
         {id, "0" + id, std::string("x"), std::string(), std::string("-1")}) {
      EXPECT_EQ(call(method, "/v1/keys/{id}", who, {.params = {other}}).body, nobodys.body)
          << other;
    }
  }
  EXPECT_EQ(call(kGet, "/v1/keys", who).body, R"({"data":[],"next_cursor":null})");
  EXPECT_TRUE(keys_->authenticate(created->text).ok());
}

TEST_P(SecurityApiTest, ACursorIsOfOneTenant) {
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(keys_->create(alpha(), {{}, {"links:read"}, {}}, admin()).ok());
  }
  const Response first = call(kGet, "/v1/keys", admin_for(alpha_), {.query = {{"limit", "2"}}});
  const std::string cursor = text(body(first), "next_cursor");
  const Response next =
      call(kGet, "/v1/keys", admin_for(alpha_), {.query = {{"limit", "2"}, {"cursor", cursor}}});
  EXPECT_EQ(body(next).find("data")->if_array()->size(), 1u);
  EXPECT_EQ(reason(call(kGet, "/v1/keys", admin_for(beta_), {.query = {{"cursor", cursor}}})),
            "invalid_cursor");
}

TEST_P(SecurityApiTest, AKeyCannotGiveWhatItDoesNotHave) {
  Principal who = admin_for(alpha_);
  who.kind = Principal::Kind::kKey;
  who.scopes = {"keys:write", "links:read"};
  EXPECT_EQ(call(kPost, "/v1/keys", who, {.body = R"({"scopes":["links:read"]})"}).status, 201);
  const Response refused = call(kPost, "/v1/keys", who, {.body = R"({"scopes":["links:write"]})"});
  EXPECT_EQ(refused.status, 403);
  EXPECT_EQ(reason(refused), "scope_not_held");
}

TEST_P(SecurityApiTest, EveryRouteOfTenantsIsGuarded) {
  for (const Route& route : table_) {
    const std::string_view path = route.path.value;
    const http::Tenancy tenancy = route.tenancy.value;
    if (path.starts_with("/v1/tenants")) {
      EXPECT_EQ(tenancy, http::Tenancy::kPlatform) << path;
    }
    if (path.starts_with("/v1/keys")) {
      EXPECT_EQ(tenancy, http::Tenancy::kTenant) << path;
      const bool reads = route.method.value == kGet;
      EXPECT_EQ(route.scope.value, reads ? "keys:read" : "keys:write") << path;
    }
  }
}

ASHLAR_ON_BOTH_ENGINES(SecurityApiTest);

}  // namespace
}  // namespace ashlar::security
