#include "modules/notifications/page_texts.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "modules/notifications/preference_page.h"

namespace ashlar::notifications {
namespace {

TEST(PageTexts, AreTheReadersWhereTheyAreKnown) {
  EXPECT_EQ(page_texts("de", "").language, "de");
  EXPECT_EQ(page_texts("de-AT", "fr").language, "de");
  EXPECT_EQ(page_texts("pt_BR", "").language, "en");
  EXPECT_EQ(page_texts("", "").language, "en");
  EXPECT_EQ(page_texts("", "ES").language, "es");
  EXPECT_EQ(page_texts("pt", "nl-NL,nl;q=0.9, fr;q=0.8,en;q=0.5").language, "fr");
  EXPECT_EQ(page_texts("", ",,;q=1,").language, "en");
}

TEST(PageTexts, AreWholeInEachLanguage) {
  const PageTexts& english = page_texts("en", "");
  for (const char* language : {"en", "de", "fr", "es"}) {
    const PageTexts& t = page_texts(language, "");
    const auto all = [](const PageTexts& of) {
      return std::vector{of.title,
                         of.what,
                         of.mail,
                         of.sms,
                         of.push,
                         of.app,
                         of.other,
                         of.always,
                         of.everything,
                         of.saved,
                         of.save,
                         of.again,
                         of.no_more,
                         of.no_more_of,
                         of.goes_to,
                         of.stop,
                         of.stop_all,
                         of.ended_kind,
                         of.unsubscribed,
                         of.stop_everything,
                         of.stopped_everything,
                         of.broken,
                         of.invalid,
                         of.expired,
                         of.forgotten,
                         of.unchanged,
                         of.no_button};
    };
    const auto texts = all(t);
    const auto in_english = all(english);
    for (std::size_t i = 0; i < texts.size(); ++i) {
      EXPECT_FALSE(texts[i].empty()) << language << " " << in_english[i];
      EXPECT_EQ(std::ranges::count(texts[i], '%'), std::ranges::count(in_english[i], '%'))
          << language << " " << in_english[i];
    }
  }
}

TEST(PageTexts, PutInWhatTheyAreAbout) {
  EXPECT_EQ(filled_text("to % now", "100 %"), "to 100 % now");
  EXPECT_EQ(filled_text("nothing", "x"), "nothing");
}

TEST(PageTexts, ThePageSaysItsLanguage) {
  const auto page = wishes_page(page_texts("de-AT", ""), {}, {}, "", Said::kSaved);
  EXPECT_NE(page.body.find("<html lang=\"de\">"), std::string::npos);
  EXPECT_NE(page.body.find("Gespeichert."), std::string::npos);
  EXPECT_NE(page.body.find("aria-label=\"Alle Nachrichten: E-Mail\""), std::string::npos);
  const auto bare = address_page(page_texts("fr", ""), "a<b@example.com", "", false, "");
  EXPECT_NE(bare.body.find("Les messages sont envoyés à <strong>a&lt;b@example.com</strong>."),
            std::string::npos);
}

}  // namespace
}  // namespace ashlar::notifications
