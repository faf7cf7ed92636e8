#include "modules/limits/testing/native_fixture.h"

#include <charconv>
#include <optional>
#include <string_view>
#include <variant>

#include "base/check.h"
#include "platform/http/call.h"
#include "platform/http/problem.h"
#include "platform/http/query.h"
#include "platform/json/parse.h"
#include "platform/storage/database.h"

namespace ashlar::limits {
namespace {

constexpr kit::SipKey kCounts{1, 2};
constexpr kit::SipKey kCursors{3, 4};

// A {name} of the pattern is the last segment.
const http::Route* match(const http::RouteTable& routes, http::Method method,
                         const std::string& path, std::vector<std::string>& params) {
  for (const http::Route& route : routes) {
    const std::string_view pattern = route.path;
    if (route.method != method) continue;
    if (pattern == path) return &route;
    const std::size_t open = pattern.find('{');
    if (open == std::string_view::npos || !path.starts_with(pattern.substr(0, open))) continue;
    params = {path.substr(open)};
    return &route;
  }
  return nullptr;
}

}  // namespace

std::string Answer::header(const std::string& name) const {
  for (const auto& [key, value] : headers) {
    if (key == name) return value;
  }
  return {};
}

const json::Value* Answer::at(std::initializer_list<std::string_view> path) const {
  const json::Value* value = &json;
  for (const std::string_view step : path) {
    if (const json::Value::Array* items = value->if_array()) {
      std::size_t index = items->size();
      std::from_chars(step.data(), step.data() + step.size(), index);
      value = index < items->size() ? &(*items)[index] : nullptr;
    } else {
      value = value->find(step);
    }
    if (value == nullptr) return nullptr;
  }
  return value;
}

std::string Answer::text(std::initializer_list<std::string_view> path) const {
  const json::Value* value = at(path);
  return value != nullptr && value->if_string() != nullptr ? *value->if_string() : "";
}

std::int64_t Answer::number(std::initializer_list<std::string_view> path) const {
  const json::Value* value = at(path);
  return value != nullptr && value->if_integer() != nullptr ? *value->if_integer() : -1;
}

bool Answer::yes(std::initializer_list<std::string_view> path) const {
  const json::Value* value = at(path);
  return value != nullptr && value->if_boolean() != nullptr && *value->if_boolean();
}

std::vector<std::string> Answer::errors() const {
  std::vector<std::string> found;
  const json::Value* list = json.find("errors");
  if (list == nullptr) return found;
  for (const json::Value& item : *list->if_array()) {
    found.push_back(*item.find("field")->if_string() + " " + *item.find("reason")->if_string());
  }
  return found;
}

Instance::Instance(std::unique_ptr<storage::Database> database, const base::Clock& clock,
                   std::uint64_t seed)
    : db(std::move(database)),
      entropy(seed),
      log(obs::Level::kOff, 2, clock, metrics),
      state({.max_keys = 100'000}, kCounts),
      decider(state),
      limits({.reservation_secret = std::string(ReservationCodec::kSecretBytes, 's'), .usage = {}},
             *db, decider, clock, entropy, metrics, log),
      cursors(kCursors),
      routes(limits_routes(limits, cursors)) {}

Answer Instance::send(const Request& request) {
  http::RequestHead head;
  const std::size_t mark = request.target.find('?');
  const std::string path = request.target.substr(0, mark);
  head.method = request.method;
  head.path = path;
  head.if_match = request.if_match;
  http::Call call;
  call.head = &head;
  call.body = request.body;
  call.principal.kind = security::Principal::Kind::kKey;
  call.principal.key = security::KeyId(12);
  call.principal.tenant = request.tenant;
  // The database lives in real time.
  call.deadline = base::SystemClock().mono() + base::Seconds(3600);
  if (mark != std::string::npos) call.query = *http::parse_query(request.target.substr(mark + 1));
  call.route = match(routes, request.method, path, call.path_params);
  CHECK(call.route != nullptr);
  const http::Handler& handler = call.route->handler;
  base::Result<http::Response> result = http::Response{};
  if (const auto* worker = std::get_if<http::WorkerHandler>(&handler)) {
    result = (*worker)(call);
  } else if (const base::Status status = std::get<http::StreamHandler>(handler)(call, stream);
             !status.ok()) {
    result = status.error();
  }
  const http::Response response = result.ok() ? *result : http::problem(result.error(), "req");
  Answer answer{response.status, response.body, response.headers, {}};
  if (!response.body.empty()) {
    answer.json = *json::parse(response.body, {.max_depth = 32, .max_values = 10'000'000});
  }
  return answer;
}

void NativeFixture::SetUp() {
  store_ = storage::make_product_store(GetParam());
  if (!store_) GTEST_SKIP() << storage::kNoPostgres;
  instance_ = open();
}

std::unique_ptr<Instance> NativeFixture::open() {
  auto db = store_->open();
  CHECK(db.ok());
  static std::uint64_t seed = 7;
  return std::make_unique<Instance>(std::move(*db), clock_, ++seed);
}

}  // namespace ashlar::limits
