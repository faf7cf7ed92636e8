// Topics: made where they are missing. A broker that cannot be asked to make them (it makes them
// itself at first use, or its administrator does) is left alone.
#pragma once

#include <string>

#include "base/result.h"
#include "base/time.h"
#include "platform/kafka/client.h"

namespace ashlar::kafka {

struct TopicPlan {
  std::string name;
  int partitions = -1;  // -1: the broker's default
  int replication = -1;
  bool compacted = false;
};

// Makes it, unless it is there. `client` is any handle. Errors: kUnavailable kafka_unavailable;
// kConflict kafka_topic (the broker refuses).
base::Status ensure_topic(rd_kafka_s* client, const TopicPlan& plan, base::Millis timeout);

// Errors: kConflict kafka_topic: it is there, and is not compacted.
base::Status check_compacted(rd_kafka_s* client, const std::string& topic, base::Millis timeout);

}  // namespace ashlar::kafka
