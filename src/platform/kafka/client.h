// Client: one handle of librdkafka, with what every one of ours has in common.
//
// Its own log lines go to ours; statistics are off. Destroying it may wait for its threads.
// Errors of open(): kInvalid kafka_setting (the detail is librdkafka's sentence).
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"

struct rd_kafka_conf_s;
struct rd_kafka_s;
namespace ashlar::obs {
class Log;
}

namespace ashlar::kafka {

// Settings by librdkafka's names, later ones win.
using Properties = std::vector<std::pair<std::string, std::string>>;

struct Connection {
  std::string brokers;    // "host:port,host:port"
  Properties properties;  // security.*, sasl.*, ssl.* and whatever else the cluster asks for
};

enum class Role : unsigned char { kProducer, kConsumer };

struct ClientEnd {
  void operator()(rd_kafka_s* client) const;
};
using Client = std::unique_ptr<rd_kafka_s, ClientEnd>;

// `own` wins over the connection's properties: our promises stand on it. `hook` sets callbacks
// before the handle is made; owner_of() gives them `owner` back. `log` outlives the client.
struct Callbacks {
  std::function<void(rd_kafka_conf_s*)> hook;
  void* owner = nullptr;
};
base::Result<Client> open_client(Role role, const Connection& connection, const Properties& own,
                                 obs::Log& log, const Callbacks& callbacks = {});
// `opaque` as librdkafka hands it to a callback.
void* owner_of(void* opaque);

// "Broker: Not coordinator (16)"
std::string error_text(int code);

}  // namespace ashlar::kafka
