// By which channel each of a campaign is reached: what the message has a part for, and the reader
// can be reached by.
#include <string>
#include <vector>

#include "modules/notifications/campaigns/campaigns.h"
#include "modules/notifications/testing/campaign_fixture.h"

namespace ashlar::notifications {
namespace {

using End = CampaignOutcomes::End;

class CampaignChannelsTest : public CampaignFixture {
 protected:
  void publish(const std::string& key, const std::string& parts) {
    const std::string content = R"({"default_locale":"en","locales":{"en":{)" + parts + "}}}";
    run([&](storage::Transaction& tx) {
      return one_->templates.put(tx, key, std::nullopt, "", content, true);
    });
  }
  Campaign launch_template(const std::vector<Member>& members, const std::string& key) {
    return launch(members, [&](Campaign& c) {
      c.channel.reset();
      c.message.content.clear();
      c.message.template_key = key;
      c.message.template_version = 1;
    });
  }
  static void has_mail(Recipient& recipient) {
    recipient.email = recipient.user_id + "@example.com";
  }
};
INSTANTIATE_TEST_SUITE_P(Storage, CampaignChannelsTest, storage::both_engines(),
                         storage::engine_name);

TEST_P(CampaignChannelsTest, AMessageGoesByWhatItsTemplateHasAPartFor) {
  add_provider(1);                   // SMS
  add_provider(2, Channel::kEmail);  // is never asked
  add_recipient("anna", has_mail);
  add_recipient("carl", [](Recipient& r) {
    has_mail(r);
    r.phone.clear();
  });
  publish("by-inbox", R"("inbox":{"title":"Hello","body":"Text"})");
  const Campaign inbox = launch_template({user("anna"), user("carl")}, "by-inbox");
  work();
  EXPECT_EQ(counts(inbox.id).sent, 2) << chunk(inbox.id).outcomes.reason(0);
  publish("by-sms", R"("sms":{"text":"Text"})");
  const Campaign sms = launch_template({user("anna"), user("carl")}, "by-sms");
  work();
  EXPECT_EQ(counts(sms.id).sent, 1);
  EXPECT_EQ(script(1).count(), 1U);
  EXPECT_EQ(chunk(sms.id).outcomes.end_of(1), End::kSkipped);
  EXPECT_EQ(chunk(sms.id).outcomes.reason(1), "no_address");
  EXPECT_EQ(script(2).count(), 0U);
}

TEST_P(CampaignChannelsTest, EachVariantGoesByItsOwnParts) {
  add_provider(1, Channel::kEmail);
  add_recipient("anna", has_mail);
  publish("by-inbox", R"("inbox":{"title":"Hello","body":"Text"})");
  const Campaign c = launch({user("anna")}, [](Campaign& one) {
    one.channel.reset();
    one.message.content.clear();
    CampaignVariant a{.key = "a", .weight = 1, .message = {}};
    a.message.template_key = "by-inbox";
    a.message.template_version = 1;
    one.variants = {a, a};
    one.variants.back().key = "b";
  });
  work();
  EXPECT_EQ(counts(c.id).sent, 1);
  EXPECT_EQ(script(1).count(), 0U);
}

TEST_P(CampaignChannelsTest, WhoIsNoRecipientHasNoInboxButWhereItIsNamed) {
  const Campaign any = launch({user("nobody")}, [](Campaign& c) { c.channel.reset(); });
  work();
  EXPECT_EQ(counts(any.id).skipped, 1);
  EXPECT_EQ(chunk(any.id).outcomes.reason(0), "no_address");
  const Campaign named = launch({user("nobody")}, [](Campaign& c) { c.channel = Channel::kInbox; });
  work();
  EXPECT_EQ(counts(named.id).sent, 1);
}

TEST_P(CampaignChannelsTest, ATemplateThatHasNothingForManyIsRefusedWhenItIsMade) {
  publish("by-chat", R"("chat":{"text":"Text"})");
  const Campaigns campaigns(*one_->db, *jobs_, one_->templates, *feed_, clock_, metrics_, log_);
  Campaign wanted;
  wanted.name = "Sale";
  wanted.message.template_key = "by-chat";
  wanted.audience_kind = Campaign::AudienceKind::kEverybody;
  const auto made =
      one_->db->write(storage::Context::tenant(kAlice),
                      [&](storage::Transaction& tx) { return campaigns.create(tx, wanted, {}); });
  ASSERT_FALSE(made.ok());
  ASSERT_EQ(made.error().fields.size(), 1U);
  EXPECT_EQ(made.error().fields[0].reason, std::string("template_without_channel"));
  EXPECT_EQ(made.error().fields[0].field, "/template");
}

}  // namespace
}  // namespace ashlar::notifications
