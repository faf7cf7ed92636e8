#include "platform/events/cloud_event.h"

#include <gtest/gtest.h>

#include <string>

#include "base/random.h"
#include "base/text.h"

namespace ashlar::events {
namespace {

CloudEvent example() {
  CloudEvent event;
  event.id = "1";
  event.source = "https://example.com/a b";
  event.type = "link.created";
  event.subject = "Euro € \" % 😀";
  event.data_content_type = "application/json";
  event.time = base::parse_rfc3339("2026-11-22T10:00:00.5Z");
  event.extensions = {{"partitionkey", "1/link/ü"}, {"sequence", "7"}};
  event.data = R"({"a":1.50})";
  return event;
}

std::string value_of(const CloudHeaders& headers, std::string_view name) {
  for (const auto& [key, value] : headers) {
    if (key == name) return value;
  }
  return "(none)";
}

std::string reason_of(const base::Result<CloudEvent>& result) {
  return result.ok() ? "ok" : result.error().detail;
}

TEST(CloudEventTest, BinaryHttpEncodesWhatTheSpecificationSays) {
  const CloudHeaders headers = http_headers(example());
  EXPECT_EQ(value_of(headers, "ce-specversion"), "1.0");
  EXPECT_EQ(value_of(headers, "ce-source"), "https://example.com/a%20b");
  // The example of the HTTP binding: "Euro € 😀" is Euro%20%E2%82%AC%20%F0%9F%98%80.
  EXPECT_EQ(value_of(headers, "ce-subject"), "Euro%20%E2%82%AC%20%22%20%25%20%F0%9F%98%80");
  EXPECT_EQ(value_of(headers, "ce-time"), "2026-11-22T10:00:00.500Z");
  EXPECT_EQ(value_of(headers, "content-type"), "application/json");
  EXPECT_EQ(value_of(headers, "ce-datacontenttype"), "(none)");
}

TEST(CloudEventTest, EveryModeReadsBackWhatItWrote) {
  const CloudEvent event = example();
  const auto http = from_http(http_headers(event), *event.data);
  ASSERT_TRUE(http.ok()) << http.error().detail;
  EXPECT_EQ(*http, event);
  const auto kafka = from_kafka(kafka_headers(event), *event.data);
  ASSERT_TRUE(kafka.ok()) << kafka.error().detail;
  EXPECT_EQ(*kafka, event);
  CloudEvent structured = event;
  structured.data = R"({"a":1.5})";
  const auto json = from_structured(structured_json(event));
  ASSERT_TRUE(json.ok()) << json.error().detail;
  EXPECT_EQ(*json, structured);
}

TEST(CloudEventTest, KafkaHeadersAreNotPercentEncoded) {
  const CloudHeaders headers = kafka_headers(example());
  EXPECT_EQ(value_of(headers, "ce_subject"), "Euro € \" % 😀");
  EXPECT_EQ(value_of(headers, "ce_partitionkey"), "1/link/ü");
  EXPECT_EQ(value_of(headers, "content-type"), "application/json");
}

TEST(CloudEventTest, StructuredKeepsTheDataAsItIs) {
  EXPECT_EQ(structured_json(example()),
            R"({"specversion":"1.0","id":"1","source":"https://example.com/a b",)"
            R"("type":"link.created","subject":"Euro € \" % 😀",)"
            R"("time":"2026-11-22T10:00:00.500Z","partitionkey":"1/link/ü","sequence":"7",)"
            R"("datacontenttype":"application/json","data":{"a":1.50}})");
}

TEST(CloudEventTest, DataThatIsNoJsonIsAStringOrBase64) {
  CloudEvent event = example();
  event.data_content_type = "text/plain; charset=utf-8";
  event.data = "hi";
  EXPECT_NE(structured_json(event).find(R"("data":"hi")"), std::string::npos);
  for (const std::string& bytes : {std::string("\xff\x00\xfe", 3), std::string("\xff"),
                                   std::string("\xff\xff"), std::string("{broken")}) {
    event.data_content_type = bytes[0] == '{' ? "application/json" : "application/octet-stream";
    event.data = bytes;
    const std::string text = structured_json(event);
    EXPECT_NE(text.find("data_base64"), std::string::npos) << text;
    EXPECT_EQ(from_structured(text)->data, bytes);
  }
  event.data_content_type = "text/plain";
  event.data = std::string("a\0b", 3);  // found by the fuzzer
  EXPECT_EQ(from_structured(structured_json(event))->data, event.data);
  event.data_content_type = "application/octet-stream";
  event.data = "\xff\xfe";
  EXPECT_NE(structured_json(event).find(R"("data_base64":"//4=")"), std::string::npos);
}

TEST(CloudEventTest, AbsentDataStaysAbsent) {
  CloudEvent event = example();
  event.data.reset();
  event.data_content_type.clear();
  EXPECT_EQ(*from_http(http_headers(event), ""), event);
  EXPECT_EQ(*from_structured(structured_json(event)), event);
}

TEST(CloudEventTest, HttpValuesMayBeQuotedOrEncodedWithoutNeed) {
  const auto subject_of = [](std::string value) -> std::string {
    const auto event = from_http({{"CE-SpecVersion", "1.0"},
                                  {"Ce-Id", "1"},
                                  {"ce-source", "/a"},
                                  {"ce-type", "t"},
                                  {"host", "x"},
                                  {"ce-subject", value}},
                                 "");
    return event.ok() ? event->subject : event.error().detail;
  };
  EXPECT_EQ(subject_of("%41%e2%82%ac"), "A€");
  EXPECT_EQ(subject_of(R"("a \"b\" c%20d")"), "a \"b\" c d");
  EXPECT_EQ(subject_of(" plain "), "plain");
  const std::string refused = "the value of subject cannot be decoded";
  EXPECT_EQ(subject_of("%FF"), refused);        // not UTF-8
  EXPECT_EQ(subject_of("%C0%80"), refused);     // overlong
  EXPECT_EQ(subject_of("%ED%A0%80"), refused);  // half of a surrogate pair
  EXPECT_EQ(subject_of("100%"), refused);
  EXPECT_EQ(subject_of("\"open"), refused);
}

TEST(CloudEventTest, WhatIsReadIsChecked) {
  const auto read = [](std::string_view extra) {
    return reason_of(from_structured(R"({"specversion":"1.0","id":"1","source":"/a","type":"t")" +
                                     std::string(extra) + "}"));
  };
  EXPECT_EQ(read(""), "ok");
  EXPECT_EQ(read(R"(,"flag":true,"number":5,"nothing":null)"), "ok");
  EXPECT_EQ(read(R"(,"Upper":"x")"), "an attribute's name is not [a-z0-9]{1,20}");
  EXPECT_EQ(read(R"(,"time":"yesterday")"), "time is not RFC 3339");
  EXPECT_EQ(read(R"(,"datacontenttype":"a\r\nb: c")"), "the content type is not printable ASCII");
  EXPECT_NE(read(R"(,"x":{})"), "ok");
  EXPECT_NE(read(R"(,"x":3000000000)"), "ok");
  EXPECT_NE(read(R"(,"data":1,"data_base64":"AA==")"), "ok");
  EXPECT_NE(read(R"(,"data_base64":"AA-_")"), "ok");
  EXPECT_NE(read(R"(,"data_base64":"AA=")"), "ok");
  EXPECT_NE(reason_of(from_structured("[]")), "ok");
  EXPECT_EQ(reason_of(from_structured(R"({"specversion":"0.3","id":"1","source":"/","type":"t"})")),
            "specversion is not 1.0");
  EXPECT_EQ(reason_of(from_structured(R"({"specversion":"1.0","source":"/","type":"t"})")),
            "id is missing");
  const CloudHeaders twice{{"ce-specversion", "1.0"}, {"ce-id", "1"}, {"ce-id", "2"}};
  EXPECT_EQ(reason_of(from_http(twice, "")), "the attribute id stands there twice");
  EXPECT_EQ(reason_of(from_http({{"ce-data", "x"}}, "")), "data is no attribute");
  EXPECT_EQ(reason_of(from_http({{"ce-id", "a%00"}}, "")),
            "the attribute id has the character U+0000");
  EXPECT_TRUE(is_binary_http(twice));
  EXPECT_FALSE(is_binary_http({{"content-type", "application/json"}}));
}

TEST(CloudEventTest, OfOneOfOurEvents) {
  Event event;
  event.seq = EventSeq{42};
  event.id = "0197";
  event.tenant = base::TenantId(3);
  event.type = "link.created";
  event.aggregate_type = "link";
  event.aggregate_id = "abc";
  event.data = "{}";
  const CloudEvent cloud = cloud_event_of(event, "https://sho.rt");
  EXPECT_EQ(cloud.subject, "link/abc");
  EXPECT_EQ(cloud.extension("partitionkey"), "3/link/abc");
  EXPECT_EQ(cloud.extension("sequence"), "42");
  EXPECT_EQ(cloud.extension("tenantid"), "3");
  EXPECT_EQ(cloud.extension("traceparent"), "");
}

TEST(CloudEventTest, AnyTextSurvivesTheHeaders) {
  base::Random random(5);
  for (int round = 0; round < 20'000; ++round) {
    CloudEvent event = example();
    std::string text;
    for (std::uint64_t n = random.below(12); n > 0; --n) {
      const auto point = static_cast<std::uint32_t>(
          random.chance(0.5) ? 1 + random.below(0x7f) : 0x80 + random.below(0xd780));
      if (point < 0x80) {
        text += static_cast<char>(point);
      } else if (point < 0x800) {
        text += static_cast<char>(0xc0 | (point >> 6));
        text += static_cast<char>(0x80 | (point & 0x3f));
      } else {
        text += static_cast<char>(0xe0 | (point >> 12));
        text += static_cast<char>(0x80 | ((point >> 6) & 0x3f));
        text += static_cast<char>(0x80 | (point & 0x3f));
      }
    }
    ASSERT_TRUE(base::is_utf8(text));
    event.subject = text;
    event.extensions[0].second = text;
    for (const auto& [name, value] : http_headers(event)) {
      for (const char c : value) ASSERT_TRUE(c > 0x20 && c < 0x7f) << name;
    }
    EXPECT_EQ(*from_http(http_headers(event), *event.data), event);
    EXPECT_EQ(*from_kafka(kafka_headers(event), *event.data), event);
  }
}

}  // namespace
}  // namespace ashlar::events
