#include "platform/kafka/client.h"

#include <librdkafka/rdkafka.h>

#include <array>
#include <string_view>

#include "platform/observability/log.h"

namespace ashlar::kafka {
namespace {

constexpr std::size_t kErrorBytes = 512;

// The opaque of every handle; deleted with it.
struct Context {
  obs::Log& log;
  void* owner;
};

struct ConfEnd {
  void operator()(rd_kafka_conf_t* conf) const { rd_kafka_conf_destroy(conf); }
};
using Conf = std::unique_ptr<rd_kafka_conf_t, ConfEnd>;

obs::Level level_of(int syslog_level) {
  // Its errors are mostly a broker that is away for now; what matters is said by who waits for it.
  if (syslog_level <= 4) return obs::Level::kWarn;
  return syslog_level == 5 ? obs::Level::kInfo : obs::Level::kDebug;
}

void on_log(const rd_kafka_t* client, int level, const char* facility, const char* text) {
  const auto* context = static_cast<const Context*>(rd_kafka_opaque(client));
  context->log.write(level_of(level), "kafka", {{"facility", facility}, {"text", text}});
}

base::Status set_all(rd_kafka_conf_t* conf, const Properties& properties) {
  std::array<char, kErrorBytes> error{};
  for (const auto& [name, value] : properties) {
    if (rd_kafka_conf_set(conf, name.c_str(), value.c_str(), error.data(), error.size()) !=
        RD_KAFKA_CONF_OK) {
      return base::fail(base::Code::kInvalid, "kafka_setting", error.data());
    }
  }
  return base::ok_status();
}

}  // namespace

void ClientEnd::operator()(rd_kafka_s* client) const {
  const std::unique_ptr<Context> context(static_cast<Context*>(rd_kafka_opaque(client)));
  rd_kafka_destroy(client);
}

void* owner_of(void* opaque) { return static_cast<Context*>(opaque)->owner; }

base::Result<Client> open_client(Role role, const Connection& connection, const Properties& own,
                                 obs::Log& log, const Callbacks& callbacks) {
  Conf conf(rd_kafka_conf_new());
  ASHLAR_TRY(set_all(conf.get(), {{"client.id", "ashlar"}}));
  ASHLAR_TRY(set_all(conf.get(), connection.properties));
  ASHLAR_TRY(set_all(conf.get(), {{"bootstrap.servers", connection.brokers}}));
  ASHLAR_TRY(set_all(conf.get(), own));
  auto context = std::make_unique<Context>(Context{log, callbacks.owner});
  rd_kafka_conf_set_opaque(conf.get(), context.get());
  rd_kafka_conf_set_log_cb(conf.get(), &on_log);
  if (callbacks.hook) callbacks.hook(conf.get());

  std::array<char, kErrorBytes> error{};
  Client client(rd_kafka_new(role == Role::kProducer ? RD_KAFKA_PRODUCER : RD_KAFKA_CONSUMER,
                             conf.get(), error.data(), error.size()));
  if (!client) return base::fail(base::Code::kInvalid, "kafka_setting", error.data());
  // Both are the handle's now.
  static_cast<void>(conf.release());
  static_cast<void>(context.release());
  return client;
}

std::string error_text(int code) {
  const auto error = static_cast<rd_kafka_resp_err_t>(code);
  return std::string(rd_kafka_err2str(error)) + " (" + std::to_string(code) + ")";
}

}  // namespace ashlar::kafka
