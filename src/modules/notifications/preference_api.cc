#include "modules/notifications/preference_api.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "modules/notifications/categories_store.h"
#include "modules/notifications/preference_page.h"
#include "modules/notifications/preferences.h"
#include "modules/notifications/recipients_store.h"
#include "modules/notifications/suppressions_store.h"
#include "platform/http/call.h"
#include "platform/storage/database.h"

namespace ashlar::notifications {
namespace {

using base::Result;
using http::Call;
using http::Response;
using storage::Transaction;

base::Error invalid_link() {
  return base::fail(base::Code::kNotFound, "preference_link_invalid",
                    "Whom the link was for is not kept any more.");
}

const PageTexts& texts_of(const Call& call, std::string_view locale = {}) {
  return page_texts(locale, call.head->find("accept-language"));
}

Response broken_link(const Call& call, std::string_view PageTexts::* why) {
  const PageTexts& texts = texts_of(call);
  return notice_page(texts, 404, texts.broken, texts.*why);
}
Response broken_link(const Call& call, const base::Error& error) {
  const bool expired = std::string_view(error.reason) == "preference_link_expired";
  return broken_link(call, expired ? &PageTexts::expired : &PageTexts::invalid);
}

constexpr std::size_t kMostShown = kMaxCategories + 50;

// Messages may be of a category that nobody has kept: its reader must be able to end it, and to
// take back what a click has ended.
void add_unkept(std::vector<Category>& categories, const ChannelChoices& choices,
                const std::string& of_message) {
  const auto add = [&](const std::string& name) {
    const bool known = std::ranges::any_of(
        categories, [&](const Category& category) { return category.name == name; });
    if (name.empty() || known) return;
    Category category;
    category.name = name;
    category.title = name;
    categories.push_back(std::move(category));
  };
  add(of_message);
  for (const ChannelChoices::Row& row : choices.rows()) {
    if (categories.size() < kMostShown) add(row.category);
  }
}

storage::Context context_of(const PreferenceSubject& subject, const Call& call) {
  return storage::Context::tenant(subject.tenant, call.deadline);
}

}  // namespace

// What the page shows.
struct PreferenceApi::Seen {
  std::vector<Category> categories;
  std::optional<Recipient> recipient;
  ChannelChoices choices;
  bool ended = false;  // of a bare address, by its reader
};

Result<PreferenceApi::Seen> PreferenceApi::look(Transaction& tx,
                                                const PreferenceSubject& subject) const {
  Seen seen;
  ASHLAR_ASSIGN(seen.categories, store::list_categories(tx, "", kMaxCategories));
  if (!subject.user_id.empty()) {
    ASHLAR_ASSIGN(seen.recipient, store::find_recipient(tx, subject.user_id));
    if (!seen.recipient) return invalid_link();
    ASHLAR_ASSIGN(seen.choices, choices_of(std::string_view(seen.recipient->preferences)));
    add_unkept(seen.categories, seen.choices, subject.category);
    return seen;
  }
  ASHLAR_ASSIGN(const std::optional<Suppression> found,
                store::suppressed(tx, subject.channel, subject.address, subject.category));
  seen.ended = found && found->reason == Suppression::kUnsubscribe;
  return seen;
}

Response PreferenceApi::page(const Call& call, const PreferenceSubject& subject, const Seen& seen,
                             std::string_view action, Said said) const {
  if (seen.recipient) {
    return wishes_page(texts_of(call, seen.recipient->locale), seen.categories, seen.choices,
                       action, said);
  }
  std::string title = subject.category;
  for (const Category& category : seen.categories) {
    if (category.name == subject.category) title = category.title;
  }
  return address_page(texts_of(call), subject.address, title, seen.ended, action);
}

Result<Response> PreferenceApi::show(Call& call, std::string_view action) const {
  const auto subject = parts_.links.open(call.param(0), parts_.clock.now());
  if (!subject.ok()) return broken_link(call, subject.error());
  auto seen = parts_.db.read(context_of(*subject, call),
                             [&](Transaction& tx) { return look(tx, *subject); });
  if (!seen.ok() && seen.error().code == base::Code::kNotFound)
    return broken_link(call, &PageTexts::forgotten);
  ASHLAR_ASSIGN(const Seen found, std::move(seen));
  return page(call, *subject, found, action, Said::kNothing);
}

base::Status PreferenceApi::end_address(Transaction& tx, const PreferenceSubject& subject,
                                        std::string_view category) const {
  Suppression wish{subject.channel,           subject.address, std::string(category),
                   Suppression::kUnsubscribe, "page",          "The reader's own wish.",
                   parts_.clock.now()};
  ASHLAR_TRY(store::suppress(tx, wish));
  return base::ok_status();
}

Result<Response> PreferenceApi::change(Call& call) const {
  const auto subject = parts_.links.open(call.param(0), parts_.clock.now());
  if (!subject.ok()) return broken_link(call, subject.error());
  const PageForm form = page_form(call.body);
  const bool of_user = !subject->user_id.empty();
  const bool known =
      of_user ? form.decision == "save" || form.decision == "none"
              : form.decision == "stop" || form.decision == "stop_all" || form.decision == "again";
  if (!known) {
    const PageTexts& texts = texts_of(call);
    return notice_page(texts, 400, texts.unchanged, texts.no_button);
  }
  auto changed = parts_.db.write(context_of(*subject, call), [&](Transaction& tx) -> Result<Seen> {
    ASHLAR_ASSIGN(Seen seen, look(tx, *subject));
    if (of_user) {
      seen.choices = after_form(seen.choices, seen.categories, form);
      seen.recipient->preferences = to_preferences(seen.choices);
      ASHLAR_TRY(store::put_recipient(tx, *seen.recipient, parts_.clock.now()));
      return seen;
    }
    ASHLAR_TRY(store::check_tenant(tx));
    if (form.decision != "again") {
      ASHLAR_TRY(end_address(tx, *subject, form.decision == "stop" ? subject->category : ""));
    } else if (seen.ended) {
      // Both, for the reader does not tell them apart; a bounce's stays.
      ASHLAR_TRY(store::resubscribe(tx, subject->channel, subject->address, subject->category));
    }
    return look(tx, *subject);
  });
  if (!changed.ok() && changed.error().code == base::Code::kNotFound) {
    return broken_link(call, &PageTexts::forgotten);
  }
  ASHLAR_ASSIGN(const Seen seen, std::move(changed));
  return page(call, *subject, seen, "", form.decision == "none" ? Said::kStopped : Said::kSaved);
}

base::Status PreferenceApi::end(Transaction& tx, const PreferenceSubject& subject) const {
  if (subject.user_id.empty()) {
    ASHLAR_TRY(store::check_tenant(tx));
    return end_address(tx, subject, subject.category);
  }
  ASHLAR_ASSIGN(std::optional<Recipient> recipient, store::find_recipient(tx, subject.user_id));
  if (!recipient) return base::ok_status();  // nothing goes there any more
  ASHLAR_ASSIGN(const ChannelChoices choices, choices_of(std::string_view(recipient->preferences)));
  recipient->preferences =
      to_preferences(with_choice(choices, subject.category, subject.channel, Choice::kNo));
  ASHLAR_TRY(store::put_recipient(tx, *recipient, parts_.clock.now()));
  return base::ok_status();
}

Result<Response> PreferenceApi::unsubscribe(Call& call) const {
  const auto subject = parts_.links.open(call.param(0), parts_.clock.now());
  if (!subject.ok()) return broken_link(call, subject.error());
  if (!is_one_click(call.body)) {
    // A program has sent it, not a reader.
    return notice_page(page_texts("en", ""), 400, "Nothing was changed",
                       "Send List-Unsubscribe=One-Click, or open the link in a browser.");
  }
  auto ended = parts_.db.write(context_of(*subject, call),
                               [&](Transaction& tx) { return end(tx, *subject); });
  if (!ended.ok() && ended.error().code == base::Code::kNotFound)
    return broken_link(call, &PageTexts::forgotten);
  ASHLAR_TRY(std::move(ended));
  const PageTexts& texts = texts_of(call);
  return notice_page(texts, 200, texts.unsubscribed, texts.ended_kind);
}

}  // namespace ashlar::notifications
