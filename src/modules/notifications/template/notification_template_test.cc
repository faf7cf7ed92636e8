#include "modules/notifications/template/notification_template.h"

#include <gtest/gtest.h>

#include <map>
#include <string>

#include "platform/json/parse.h"

namespace ashlar::notifications {
namespace {

constexpr const char* kContent = R"({
  "default_locale": "en",
  "fields": {"name": {"type": "string", "default": "there"},
             "n": {"type": "integer", "required": true},
             "at": {"type": "date_time"}, "link": {"type": "string"}},
  "locales": {
    "en": {
      "email": {"subject": "{n, plural, one {# order} other {# orders}}, {name}",
                "html": "<html><body class=\"a\"><p>Hi {name}</p></body></html>",
                "text": "Hi {name}", "preheader": "For {name} & all"},
      "push": {"title": "Hi {name}", "body": "{n, number}", "url": "{link}",
               "data": {"n": "{n}", "who": "{name}"}},
      "short": "{n, plural, one {# order} other {# orders}}"
    },
    "de": {"email": {"subject": "Hallo {name}", "html": "<p>{n, number} am {at, date, short}</p>"}},
    "de-CH": {"short": "{n, number} Stück"}
  }
})";

class Templates : public testing::Test {
 protected:
  std::shared_ptr<const NotificationTemplate> compiled(const std::string& content = kContent) {
    auto made = NotificationTemplate::compile(*json::parse(content), cache_);
    EXPECT_TRUE(made.ok()) << (made.ok() ? "" : made.error().fields[0].detail);
    return made.ok() ? *made : nullptr;
  }
  base::Result<NotificationTemplate::Answer> rendered(Channel channel, const char* locale,
                                                      const char* data = R"({"n":1234})") {
    return compiled()->render(channel, *json::parse(data), {locale, zone_}, true);
  }
  std::string refused(const std::string& content) {
    const auto made = NotificationTemplate::compile(*json::parse(content), cache_);
    if (made.ok()) return "compiled";
    const auto& field = made.error().fields[0];
    return field.field + " " + field.reason;
  }

  FormatCache cache_;
  zone::TimeZone zone_ = zone::TimeZone::utc();
};

TEST_F(Templates, RendersEachPart) {
  const auto mail = rendered(Channel::kEmail, "en-GB", R"({"n":1,"name":"<Z>"})");
  ASSERT_TRUE(mail.ok());
  EXPECT_EQ(mail->content.subject, "1 order, <Z>");
  EXPECT_EQ(mail->content.text, "Hi <Z>");
  EXPECT_EQ(mail->content.html,
            "<html><body class=\"a\"><div style=\"display:none;max-height:0;overflow:hidden;"
            "mso-hide:all\">For &lt;Z&gt; &amp; all</div><p>Hi &lt;Z&gt;</p></body></html>");
  const auto push =
      rendered(Channel::kPush, "en", R"({"n":2,"name":"\"","link":"https://a.example"})");
  ASSERT_TRUE(push.ok());
  EXPECT_EQ(push->content.subject, "Hi \"");
  EXPECT_EQ(push->content.text, "2");
  EXPECT_EQ(push->content.url, "https://a.example");
  EXPECT_EQ(push->content.data, R"({"n":"2","who":"\""})");
}

TEST_F(Templates, FallsBackByLocaleAndThenToTheShortText) {
  const auto austria =
      rendered(Channel::kEmail, "de-AT", R"({"n":12345,"at":"2026-03-01T00:00:00Z"})");
  ASSERT_TRUE(austria.ok());
  EXPECT_EQ(austria->locale, "de");
  EXPECT_FALSE(austria->fell_back);
  EXPECT_EQ(austria->content.html, "<p>12\u00a0345 am 01.03.26</p>") << "Austria's numbers";
  const auto french = rendered(Channel::kEmail, "fr");
  EXPECT_EQ(french->locale, "en");
  EXPECT_TRUE(french->fell_back);
  EXPECT_EQ(french->content.subject, "1,234 orders, there") << "English numbers in an English text";
  EXPECT_EQ(rendered(Channel::kEmail, "!")->locale, "en");
  EXPECT_EQ(rendered(Channel::kEmail, "")->locale, "en");
  // No language has a part for SMS: the nearest short text.
  const auto swiss = rendered(Channel::kSms, "DE_ch");
  EXPECT_EQ(swiss->content.text, "1’234 Stück");
  EXPECT_TRUE(swiss->is_short);
  EXPECT_EQ(rendered(Channel::kSms, "de")->content.text, "1,234 orders");
  // A part in the default language comes before a short text in the reader's.
  EXPECT_EQ(rendered(Channel::kPush, "de-CH")->locale, "en");
}

TEST_F(Templates, DataIsChecked) {
  const auto answer = rendered(Channel::kEmail, "en", R"({"n":1,"nome":"x"})");
  ASSERT_TRUE(answer.ok());
  EXPECT_EQ(answer->ignored, std::vector<std::string>{"/data/nome"});
  const std::map<std::string, std::string> table = {
      {"{}", "/data/n required"},
      {"null", "/data/n required"},
      {R"({"n":"1"})", "/data/n wrong_type"},
      {R"({"n":1.5})", "/data/n wrong_type"},
      {R"({"n":1,"name":7})", "/data/name wrong_type"},
      {R"({"n":1,"at":"tomorrow"})", "/data/at bad_timestamp"},
      {R"([])", "/data wrong_type"}};
  for (const auto& [data, expected] : table) {
    const auto wrong = rendered(Channel::kEmail, "en", data.c_str());
    ASSERT_FALSE(wrong.ok()) << data;
    EXPECT_STREQ(wrong.error().reason, "data_invalid");
    EXPECT_EQ(wrong.error().fields[0].field + " " + wrong.error().fields[0].reason, expected);
  }
  const auto url = rendered(Channel::kPush, "en", R"({"n":1,"link":"javascript:x"})");
  ASSERT_FALSE(url.ok());
  EXPECT_STREQ(url.error().reason, "url_refused");
  EXPECT_EQ(url.error().fields[0].field, "/locales/en/push/url");
}

TEST_F(Templates, WhatIsWrongIsNamedWithItsPlace) {
  const auto with = [](const std::string& email) {
    return R"({"locales":{"en":{"email":)" + email + "}}}";
  };
  EXPECT_EQ(refused(with(R"({"text":"{x}"})")), "/locales/en/email/text unknown_field");
  EXPECT_EQ(refused(with(R"({"html":"<p"})")), "/locales/en/email/html html_syntax");
  EXPECT_EQ(refused(with(R"({"subject":"a"})")), "/locales/en/email required");
  EXPECT_EQ(refused(with(R"({"text":"a","body":"b"})")), "/locales/en/email/body unknown_field");
  EXPECT_EQ(refused(with(R"({"text":7})")), "/locales/en/email/text wrong_type");
  EXPECT_EQ(refused(R"({"locales":{"en":{"fax":{"text":"a"}}}})"), "/locales/en/fax unknown_field");
  EXPECT_EQ(refused(R"({"locales":{"e":{"short":"a"}}})"), "/locales/e bad_locale");
  EXPECT_EQ(refused(R"({"locales":{"en":{"short":"a"},"EN":{"short":"a"}}})"),
            "/locales/EN not_allowed");
  EXPECT_EQ(refused(R"({"locales":{"en":{"short":"a"}},"default_locale":"de"})"),
            "/default_locale not_allowed");
  EXPECT_EQ(refused(R"({"locales":{"en":{"short":"a"},"de":{"short":"a"}}})"),
            "/default_locale not_allowed");
  EXPECT_EQ(refused(R"({"locales":{"en":{"short":"a"}},"more":1})"), "/more unknown_field");
  EXPECT_EQ(refused("{}"), "/locales required");
  EXPECT_EQ(refused("[]"), " wrong_type");
  const auto fields = [&](const std::string& field) {
    return refused(R"({"locales":{"en":{"short":"a"}},"fields":{"f":)" + field + "}}");
  };
  EXPECT_EQ(fields(R"({"type":"string"})"), "compiled");
  EXPECT_EQ(fields(R"({"type":"text"})"), "/fields/f/type not_allowed");
  EXPECT_EQ(fields("7"), "/fields/f/type not_allowed");
  EXPECT_EQ(fields(R"({"type":"list"})"), "/fields/f/items required");
  EXPECT_EQ(fields(R"({"type":"list","items":{"type":"x"}})"), "/fields/f/items/type not_allowed");
  EXPECT_EQ(fields(R"({"type":"list","items":{"type":"string"},"max_items":1001})"),
            "/fields/f/max_items out_of_range");
  EXPECT_EQ(fields(R"({"type":"string","default":7})"), "/fields/f/default wrong_type");
  EXPECT_EQ(fields(R"({"type":"integer","max_length":7})"), "/fields/f/max_length unknown_field");
  EXPECT_EQ(fields(R"({"type":"money","default":{"amount":1,"currency":"ZZZ"}})"),
            "/fields/f/default bad_money");
  EXPECT_EQ(refused(R"({"locales":{"en":{"short":"a"}},"fields":{"a b":{"type":"string"}}})"),
            "/fields/a b bad_name");
  EXPECT_EQ(compiled()->warnings().size(), 0U);
  EXPECT_EQ(compiled(R"({"fields":{"n":{"type":"integer"}},
                         "locales":{"ar":{"short":"{n, plural, one {a} other {b}}"}}})")
                ->warnings()[0],
            "/locales/ar/short: {n} has no arm zero for ar");
}

TEST_F(Templates, AChannelWithoutTextIsAnError) {
  const auto made = compiled(R"({"locales":{"en":{"email":{"text":"a"}}}})");
  EXPECT_TRUE(made->has("en", Channel::kEmail));
  EXPECT_FALSE(made->has("en", Channel::kSms));
  const auto sms = made->render(Channel::kSms, {}, {"en", zone_});
  ASSERT_FALSE(sms.ok());
  EXPECT_STREQ(sms.error().reason, "template_lacks_channel");
}

// One mistake is one error.
TEST_F(Templates, ATextThatIsWrongIsNotSaidToBeMissing) {
  const auto made = NotificationTemplate::compile(
      *json::parse(R"({"fields":{},"locales":{"en":{"email":{"subject":"s","text":"{nope}"}}}})"),
      cache_);
  ASSERT_FALSE(made.ok());
  ASSERT_EQ(made.error().fields.size(), 1U);
  EXPECT_EQ(made.error().fields[0].field, "/locales/en/email/text");
  EXPECT_EQ(refused(R"({"locales":{"en":{"email":{"subject":"s"}}}})"),
            "/locales/en/email required");
}

}  // namespace
}  // namespace ashlar::notifications
