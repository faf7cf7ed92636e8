#include "platform/kafka/record.h"

#include <gtest/gtest.h>
#include <librdkafka/rdkafka.h>

namespace ashlar::kafka {
namespace {

events::Event sample() {
  events::Event event;
  event.seq = events::EventSeq{12};
  event.id = "019ab3c2-0000-7000-8000-000000000001";
  event.tenant = base::TenantId(7);
  event.type = "order.placed";
  event.aggregate_type = "order";
  event.aggregate_id = "ö 1";
  event.data = R"({"a":1})";
  event.traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  event.time = base::from_micros(1'700'000'000'123'456);
  return event;
}

constexpr std::int64_t kOffset = 99;
Place place() {
  return {.topic = "t", .partition = 3, .offset = kOffset, .time = base::from_micros(5'000'000)};
}

std::string header(const Record& record, std::string_view name) {
  for (const auto& [key, value] : record.headers) {
    if (key == name) return value;
  }
  return "(none)";
}

TEST(KafkaRecordTest, IsACloudEventInBinaryModeKeyedByTheOrder) {
  const Record record = to_record(sample(), "outbox.event.", "ashlar");
  EXPECT_EQ(record.topic, "outbox.event.order");
  EXPECT_EQ(record.key, sample().key());
  EXPECT_EQ(record.value, R"({"a":1})");
  EXPECT_EQ(header(record, "ce_specversion"), "1.0");
  EXPECT_EQ(header(record, "ce_id"), sample().id);
  EXPECT_EQ(header(record, "ce_source"), "ashlar");
  EXPECT_EQ(header(record, "ce_type"), "order.placed");
  EXPECT_EQ(header(record, "ce_subject"), "order/ö 1");
  EXPECT_EQ(header(record, "ce_time"), "2023-11-14T22:13:20.123456Z");
  EXPECT_EQ(header(record, "ce_partitionkey"), record.key);
  EXPECT_EQ(header(record, "content-type"), "application/json");
}

TEST(KafkaRecordTest, ComesBackAsItWas) {
  for (const bool with_tenant : {true, false}) {
    events::Event event = sample();
    if (!with_tenant) event.tenant = {};
    const auto back = from_record(to_record(event, "p.", "s"), place());
    ASSERT_TRUE(back.ok()) << back.error().detail;
    EXPECT_EQ(back->seq.value, kOffset);
    EXPECT_EQ(back->id, event.id);
    EXPECT_EQ(back->tenant, event.tenant);
    EXPECT_EQ(back->type, event.type);
    EXPECT_EQ(back->key(), event.key());
    EXPECT_EQ(back->data, event.data);
    EXPECT_EQ(back->traceparent, event.traceparent);
    EXPECT_EQ(back->time, event.time);
  }
}

TEST(KafkaRecordTest, StructuredModeIsRead) {
  Record record{.topic = "t", .key = "k", .value = {}, .headers = {}};
  record.headers = {{"content-type", "application/cloudevents+json; charset=utf-8"}};
  record.value = R"({"specversion":"1.0","id":"1","source":"/s","type":"a.b","subject":"x",
                     "time":"2026-11-22T10:00:00Z","data":{"n":[1,2]}})";
  auto event = from_record(record, place());
  ASSERT_TRUE(event.ok()) << event.error().detail;
  EXPECT_EQ(event->id, "1");
  EXPECT_EQ(event->aggregate_type, "t");
  EXPECT_EQ(event->aggregate_id, "x");
  EXPECT_EQ(event->data, R"({"n":[1,2]})");
  EXPECT_EQ(event->time, base::from_micros(1'795'341'600'000'000));
  record.value =
      R"({"specversion":"1.0","id":"1","source":"/s","type":"a.b","data_base64":"/+8="})";
  event = from_record(record, place());
  ASSERT_TRUE(event.ok()) << event.error().detail;
  EXPECT_EQ(event->data, "\xff\xef");
  EXPECT_EQ(event->time, place().time);
  EXPECT_EQ(event->aggregate_id, "k");
}

TEST(KafkaRecordTest, WhatIsNoCloudEventIsTakenAsItIs) {
  const Record record{
      .topic = "t", .key = std::string("\x00\xff", 2), .value = "\xfe", .headers = {}};
  const auto event = from_record(record, place());
  ASSERT_TRUE(event.ok());
  EXPECT_EQ(event->id, "t/3/99");
  EXPECT_EQ(event->type, "t");
  EXPECT_EQ(event->aggregate_id, "00ff");
  EXPECT_EQ(event->data, "\xfe");
}

TEST(KafkaRecordTest, WhatSaysItIsACloudEventAndIsNoneIsMalformed) {
  const auto with = [](std::string_view name, std::string value) {
    Record record = to_record(sample(), "p.", "s");
    for (auto& [key, old] : record.headers) {
      if (key == name) old = value;
    }
    return record;
  };
  const Record wrong[] = {
      with("ce_specversion", "0.3"),
      with("ce_id", ""),
      with("ce_source", ""),
      with("ce_type", ""),
      with("ce_id", "\xff"),
      with("ce_subject", std::string("a\0b", 3)),
      with("ce_time", "yesterday"),
      with("ce_tenantid", "7x"),
      with("ce_tenantid", "-1"),
      with("ce_tenantid", "99999999999999999999"),
      with("content-type", "application/cloudevents+json"),
  };
  for (const Record& record : wrong) {
    const auto event = from_record(record, place());
    ASSERT_FALSE(event.ok());
    EXPECT_STREQ(event.error().reason, "record_malformed") << event.error().detail;
  }
}

// Kafka's own vectors (org.apache.kafka.common.utils.UtilsTest), positive and of 1,000 partitions.
TEST(KafkaRecordTest, ThePartitionerIsJavas) {
  const std::pair<std::string_view, std::int32_t> vectors[] = {
      {"21", -973932308},
      {"foobar", -790332482},
      {"a-little-bit-long-string", -985981536},
      {"a-little-bit-longer-string", -1486304829},
      {"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971},
      {"abc", 479470107},
  };
  for (const auto& [key, hash] : vectors) {
    EXPECT_EQ(
        rd_kafka_msg_partitioner_murmur2(nullptr, key.data(), key.size(), 1'000, nullptr, nullptr),
        (hash & 0x7fffffff) % 1'000)
        << key;
  }
}

}  // namespace
}  // namespace ashlar::kafka
