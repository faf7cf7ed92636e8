#include "modules/notifications/testing/recipients_fixture.h"

#include <charconv>
#include <variant>

#include "base/check.h"
#include "platform/http/call.h"
#include "platform/http/problem.h"
#include "platform/http/query.h"
#include "platform/json/parse.h"
#include "platform/json/writer.h"
#include "platform/security/tenants.h"
#include "platform/storage/database.h"

namespace ashlar::notifications {
namespace {

std::vector<std::string> segments(std::string_view path) {
  std::vector<std::string> found;
  while (true) {
    const std::size_t slash = path.find('/');
    found.emplace_back(path.substr(0, slash));
    if (slash == std::string_view::npos) return found;
    path.remove_prefix(slash + 1);
  }
}

bool fits(const http::Route& route, std::string_view path, std::vector<std::string>& params) {
  const std::vector<std::string> wanted = segments(route.path.value);
  const std::vector<std::string> given = segments(path);
  params.clear();
  if (wanted.size() != given.size()) return false;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (wanted[i].starts_with('{')) {
      params.push_back(given[i]);
    } else if (wanted[i] != given[i]) {
      return false;
    }
  }
  return true;
}

}  // namespace

std::string FaceAnswer::header(const std::string& name) const {
  for (const auto& [key, value] : headers) {
    if (key == name) return value;
  }
  return {};
}

std::string FaceAnswer::text(std::initializer_list<std::string_view> path) const {
  const json::Value* value = &json;
  for (const std::string_view step : path) {
    if (const json::Value::Array* items = value->if_array()) {
      std::size_t index = items->size();
      std::from_chars(step.data(), step.data() + step.size(), index);
      value = index < items->size() ? &(*items)[index] : nullptr;
    } else {
      value = value->find(step);
    }
    if (value == nullptr) return "";
  }
  return value->if_string() != nullptr ? *value->if_string() : json::to_text(*value);
}

ProviderKind test_kind() {
  ProviderKind kind;
  kind.type = "test";
  kind.channel = Channel::kEmail;
  kind.secrets = {"password"};
  kind.check = [](const json::Value& given) -> base::Result<std::string> {
    const json::Value* host = given.find("host");
    if (host == nullptr || host->if_string() == nullptr) {
      return base::Error{base::Code::kInvalid,
                         "invalid_request",
                         "Give the host.",
                         {{"/host", "required", "Give the host."}}};
    }
    return json::to_text(given);
  };
  kind.read_callback = [](std::string_view, const Callback&) -> base::Result<std::vector<Report>> {
    return std::vector<Report>{};
  };
  return kind;
}

void RecipientsFixture::SetUp() {
  store_ = storage::make_product_store(GetParam());
  if (!store_) GTEST_SKIP() << storage::kNoPostgres;
  db_ = std::move(store_->open()).value();
  security::Tenants tenants(*db_, clock_, {});
  while (true) {  // until there is one of each id
    const auto made = tenants.create("t" + std::to_string(entropy_.u64() % 1'000'000));
    ASSERT_TRUE(made.ok());
    if (made->id >= kBob) break;
  }
  parts_ = std::make_unique<RecipientParts>(RecipientParts{
      *db_, clock_, entropy_, zones_, box_, links_, cursors_, kinds_, "https://ashlar.example"});
  for (const auto& routes : {recipients_routes(*parts_), audiences_routes(*parts_),
                             providers_routes(*parts_), preference_routes(*parts_)}) {
    routes_.insert(routes_.end(), routes.begin(), routes.end());
  }
}

FaceAnswer RecipientsFixture::send(http::Method method, const std::string& target,
                                   const Sent& sent) {
  http::RequestHead head;
  const std::size_t mark = target.find('?');
  const std::string path = target.substr(0, mark);
  head.method = method;
  head.path = path;
  head.if_match = sent.if_match;
  head.content_type = sent.content_type;
  http::Call call;
  call.head = &head;
  call.body = sent.body;
  call.principal.kind = security::Principal::Kind::kKey;
  call.principal.tenant = sent.tenant;
  // The database lives in real time.
  call.deadline = base::SystemClock().mono() + base::Seconds(3600);
  if (mark != std::string::npos) call.query = *http::parse_query(target.substr(mark + 1));
  for (const http::Route& route : routes_) {
    if (route.method == method && fits(route, path, call.path_params)) {
      call.route = &route;
      break;
    }
  }
  CHECK(call.route != nullptr);
  const http::Handler& handler = call.route->handler;
  base::Result<http::Response> result = http::Response{};
  if (const auto* worker = std::get_if<http::WorkerHandler>(&handler)) {
    result = (*worker)(call);
  } else {
    const auto& effect = std::get<http::TransactionHandler>(handler);
    result = db_->write(call.tenant_context(),
                        [&](storage::Transaction& tx) { return effect(call, tx); });
  }
  const http::Response response = result.ok() ? *result : http::problem(result.error(), "req");
  FaceAnswer answer{response.status, response.headers, response.body, {}};
  if (auto parsed = json::parse(response.body); parsed.ok()) answer.json = *std::move(parsed);
  return answer;
}

FaceAnswer RecipientsFixture::get(const std::string& target, base::TenantId tenant) {
  return send(http::Method::kGet, target, {.body = {}, .if_match = {}, .tenant = tenant});
}
FaceAnswer RecipientsFixture::put(const std::string& target, const std::string& body,
                                  base::TenantId tenant) {
  return send(http::Method::kPut, target, {.body = body, .if_match = {}, .tenant = tenant});
}
FaceAnswer RecipientsFixture::post(const std::string& target, const std::string& body,
                                   base::TenantId tenant) {
  return send(http::Method::kPost, target, {.body = body, .if_match = {}, .tenant = tenant});
}
FaceAnswer RecipientsFixture::patch(const std::string& target, const std::string& body) {
  return send(http::Method::kPatch, target, {.body = body, .if_match = {}});
}
FaceAnswer RecipientsFixture::remove(const std::string& target, const std::string& body,
                                     base::TenantId tenant) {
  return send(http::Method::kDelete, target, {.body = body, .if_match = {}, .tenant = tenant});
}

}  // namespace ashlar::notifications
