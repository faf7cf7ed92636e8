#include "modules/webhooks/testing/webhooks_fixture.h"

#include <charconv>
#include <future>
#include <optional>
#include <variant>

#include "base/check.h"
#include "platform/http/call.h"
#include "platform/http/problem.h"
#include "platform/http/query.h"
#include "platform/json/parse.h"
#include "platform/outbound/standard_webhooks.h"
#include "platform/storage/database.h"

namespace ashlar::webhooks {
namespace {

using outbound::FaultServer;

constexpr kit::SipKey kCursors{3, 4};

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

Receiver::Receiver()
    : server_(std::make_unique<FaultServer>(
          [this](const FaultServer::Request& request) { return take(request); })) {}

std::vector<Receiver::Got> Receiver::got() {
  const std::lock_guard lock(mutex_);
  return got_;
}

void Receiver::answer_with(std::vector<FaultServer::Reply> replies) {
  const std::lock_guard lock(mutex_);
  replies_.assign(replies.begin(), replies.end());
}

void Receiver::answer_always(int status) {
  const std::lock_guard lock(mutex_);
  always_ = status;
}

FaultServer::Reply Receiver::take(const FaultServer::Request& request) {
  const std::lock_guard lock(mutex_);
  got_.push_back({request.target, request.field("webhook-id"), request.field("webhook-timestamp"),
                  request.field("webhook-signature"), request.field("Content-Type"), request.body});
  if (replies_.empty()) return FaultServer::Reply{.status = always_};
  const FaultServer::Reply reply = replies_.front();
  replies_.pop_front();
  return reply;
}

void WebhooksFixture::SetUp() {
  store_ = storage::make_product_store(GetParam());
  if (!store_) GTEST_SKIP() << storage::kNoPostgres;
  db_ = std::move(store_->open()).value();
  jobs_ = std::make_unique<jobs::Jobs>(jobs::Jobs::Options{}, *db_, clock_, metrics_, log_);
  consumers_ = std::make_unique<events::Consumers>(events::Consumers::Options{.instance = "test"},
                                                   *db_, clock_, metrics_, log_);
  outbox_ = std::make_unique<events::Outbox>(clock_, entropy_, [] {});
  module_ = make_module(true);
  consumers_->add(module_->consumer());
  cursors_ = std::make_unique<http::CursorCodec>(kCursors);
  routes_ = webhooks_routes(*module_, *cursors_);
  fan_out();  // from here on events count
}

void WebhooksFixture::TearDown() {
  module_.reset();
  consumers_.reset();
  jobs_.reset();
  db_.reset();
}

std::unique_ptr<WebhooksModule> WebhooksFixture::make_module(bool allow_private) {
  WebhooksModule::Options options;
  options.box_key = std::string(security::SecretBox::kKeyBytes, 'b');
  options.public_url = "https://ashlar.example";
  options.allow_private = allow_private;
  return std::make_unique<WebhooksModule>(std::move(options), *db_, *jobs_, *outbox_, clock_,
                                          entropy_, metrics_, log_);
}

Answer WebhooksFixture::send(http::Method method, const std::string& target,
                             const std::string& body, base::TenantId tenant,
                             const std::string& if_match) {
  http::RequestHead head;
  const std::size_t mark = target.find('?');
  const std::string path = target.substr(0, mark);
  head.method = method;
  head.path = path;
  head.if_match = if_match;
  http::Call call;
  call.head = &head;
  call.body = body;
  call.principal.kind = security::Principal::Kind::kKey;
  call.principal.tenant = tenant;
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
  Answer answer{response.status, response.headers, {}};
  if (!response.body.empty()) answer.json = *json::parse(response.body);
  return answer;
}

std::string WebhooksFixture::make_webhook(const std::string& types, const std::string& more,
                                          const std::string& path, base::TenantId tenant) {
  const Answer made = post(
      "/v1/webhooks",
      R"({"url":")" + receiver_.url(path) + R"(","event_types":[")" + types + "\"]" + more + "}",
      tenant);
  EXPECT_EQ(made.status, 201) << json::to_text(made.json);
  return made.text({"id"});
}

void WebhooksFixture::publish(const std::string& type, const std::string& data,
                              base::TenantId tenant, const std::string& id) {
  const auto written = db_->write(storage::Context::tenant(tenant), [&](storage::Transaction& tx) {
    return outbox_->append(tx, {type, "thing", id, data, {}});
  });
  ASSERT_TRUE(written.ok()) << written.error().detail;
  fan_out();
}

void WebhooksFixture::fan_out() {
  const base::Status status = consumers_->run_until_idle();
  ASSERT_TRUE(status.ok()) << status.error().detail;
}

std::string WebhooksFixture::newest(const std::string& webhook, std::string_view member) {
  return get("/v1/webhooks/" + webhook + "/deliveries").text({"data", "0", member});
}

std::int64_t WebhooksFixture::count(const std::string& webhook, const std::string& query) {
  const Answer list = get("/v1/webhooks/" + webhook + "/deliveries?limit=100" + query);
  const json::Value* data = list.at({"data"});
  return data == nullptr ? -1 : static_cast<std::int64_t>(data->if_array()->size());
}

bool WebhooksFixture::verifies(const Receiver::Got& got, const std::string& secret) {
  const auto key = outbound::SigningKey::parse(secret);
  const base::Time at{base::Seconds{std::stoll(got.timestamp)}};
  const std::string signature = outbound::sign({&*key, 1}, got.id, at, got.body);
  return (" " + got.signature + " ").find(" " + signature + " ") != std::string::npos;
}

int WebhooksFixture::work() { return work_with(*module_); }

int WebhooksFixture::work_with(WebhooksModule& module) {
  int attempts = 0;
  while (true) {
    const auto leased = jobs_->lease({.kind = kDeliverJob, .max = 100, .worker = "test"});
    EXPECT_TRUE(leased.ok());
    if (!leased.ok() || leased->empty()) return attempts;
    std::vector<std::future<jobs::Outcome>> outcomes;
    for (const jobs::LeasedJob& job : *leased) {
      auto promise = std::make_shared<std::promise<jobs::Outcome>>();
      outcomes.push_back(promise->get_future());
      module.sender.attempt(
          jobs::Attempt{job, clock_.mono() + base::Seconds{60}},
          [promise](jobs::Outcome outcome) { promise->set_value(std::move(outcome)); });
    }
    std::vector<jobs::Ended> ended;
    for (std::size_t i = 0; i < leased->size(); ++i) {
      ended.push_back({(*leased)[i].ref, outcomes[i].get()});
    }
    attempts += static_cast<int>(ended.size());
    const auto done = jobs_->end_many(ended);
    EXPECT_TRUE(done.ok());
    EXPECT_TRUE(jobs_->tend().ok());
  }
}

void WebhooksFixture::advance(base::Seconds by) {
  clock_.advance(by);
  EXPECT_TRUE(jobs_->tend().ok());
}

std::vector<std::string> WebhooksFixture::dump(const storage::Sql& sql) {
  std::vector<std::string> rows;
  const auto read = db_->read(storage::Context::platform(storage::PlatformUse::kMaintenance),
                              [&](storage::Transaction& tx) -> base::Status {
                                rows.clear();
                                ASHLAR_TRY(tx.query(sql, {}, [&](const storage::Row& row) {
                                  rows.emplace_back(row.text(0));
                                }));
                                return base::ok_status();
                              });
  EXPECT_TRUE(read.ok());
  return rows;
}

double WebhooksFixture::metric(const std::string& line) const {
  const std::string text = metrics_.render();
  const std::size_t at = text.find("\n" + line + " ");
  return at == std::string::npos ? -1 : std::stod(text.substr(at + line.size() + 2));
}

}  // namespace ashlar::webhooks
