#include "modules/webhooks/delivery_body.h"

#include <gtest/gtest.h>

#include "platform/events/cloud_event.h"
#include "platform/json/parse.h"

namespace ashlar::webhooks {
namespace {

constexpr base::TenantId kTenant{3};

Message message() {
  Message m;
  m.event_id = "0198c2f4-6a3e-7cc1-9f0e-5b8c2b0f6f11";
  m.type = "link.created";
  m.aggregate_type = "link";
  m.aggregate_id = "spring";
  m.data = R"({"code":"spring","n":12345678901234567})";
  m.occurred_at = *base::parse_rfc3339("2026-11-22T10:00:00.5Z");
  m.seq = 42;
  return m;
}

TEST(DeliveryBodyTest, TheStandardOneSaysTypeTimeAndData) {
  const DeliveryBody body = body_of(message(), BodyFormat::kStandard, kTenant, "https://a.example");
  EXPECT_EQ(body.content_type, "application/json");
  EXPECT_EQ(body.text, R"({"type":"link.created","timestamp":"2026-11-22T10:00:00.500Z",)"
                       R"("data":{"code":"spring","n":12345678901234567}})");
}

TEST(DeliveryBodyTest, CloudEventsAreReadBack) {
  const DeliveryBody body =
      body_of(message(), BodyFormat::kCloudEvents, kTenant, "https://a.example");
  EXPECT_EQ(body.content_type, "application/cloudevents+json");
  const auto event = events::from_structured(body.text);
  ASSERT_TRUE(event.ok()) << event.error().detail;
  EXPECT_EQ(event->id, message().event_id);
  EXPECT_EQ(event->source, "https://a.example");
  EXPECT_EQ(event->type, "link.created");
  EXPECT_EQ(event->subject, "link/spring");
  EXPECT_EQ(event->extension("sequence"), "42");
  EXPECT_EQ(json::parse(event->data.value_or(""))->find("code")->if_string()[0], "spring");
}

TEST(DeliveryBodyTest, ATestHasNoPlaceInTheLog) {
  Message test = message();
  test.seq = 0;
  const auto event = events::from_structured(
      body_of(test, BodyFormat::kCloudEvents, kTenant, "https://a.example").text);
  ASSERT_TRUE(event.ok());
  EXPECT_EQ(event->extension("sequence"), "");
}

}  // namespace
}  // namespace ashlar::webhooks
