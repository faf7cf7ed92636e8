// Record: an event as it stands in Kafka: CloudEvents' binary mode (ce_* headers), keyed by what
// keeps order, in the topic that Debezium's outbox router would choose.
//
//   topic    prefix + aggregate type                 "outbox.event.link"
//   key      the event's key (tenant, aggregate type and id), also in ce_partitionkey
//   headers  ce_specversion, ce_id, ce_source, ce_type, ce_subject ("aggregate type/aggregate id"),
//            ce_time, ce_partitionkey, ce_sequence, ce_tenantid and ce_traceparent (where it has
//            them), content-type: cloud_event.h
//   value    the event's data
//
// from_record(to_record(e)) is e but for its seq. Pure; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "platform/events/event.h"

namespace ashlar::kafka {

struct Record {
  std::string topic;
  std::string key;
  std::string value;
  std::vector<std::pair<std::string, std::string>> headers;
};

// Where a record came from.
struct Place {
  std::string topic;
  std::int32_t partition = 0;
  std::int64_t offset = 0;
  base::Time time{};  // when it was written, by the record
};

Record to_record(const events::Event& event, std::string_view topic_prefix,
                 std::string_view source);

// Of anyone's record: CloudEvents in binary or structured mode; what is neither becomes an event
// with the topic as type and aggregate type, the key as aggregate id, the place as id, and the
// value as data. Event::seq is the offset. Errors: kInvalid record_malformed: it says that it is a
// CloudEvent, and is none.
base::Result<events::Event> from_record(const Record& record, const Place& place);

}  // namespace ashlar::kafka
