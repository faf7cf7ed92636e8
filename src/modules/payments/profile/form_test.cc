#include "modules/payments/profile/form.h"

#include <gtest/gtest.h>

namespace ashlar::payments::profile {
namespace {

// "a.b=1 c=2": what was understood, in its order.
void append_leaves(std::string& out, const FormNode& node, const std::string& path) {
  if (node.text) {
    out += (out.empty() ? "" : " ") + path + "=" + *node.text;
    return;
  }
  for (const FormNode& member : node.members) {
    append_leaves(out, member, path.empty() ? member.name : path + "." + member.name);
  }
}

std::string understood(std::string_view encoded) {
  const auto form = Form::parse(encoded);
  if (!form.ok()) return form.error().reason;
  std::string out;
  append_leaves(out, form->root(), "");
  return out;
}

std::string canonical(std::string_view encoded) { return Form::parse(encoded)->canonical(); }

TEST(FormTest, ReadsWhatClientsSend) {
  EXPECT_EQ(understood(""), "");
  EXPECT_EQ(understood("amount=2000&currency=usd"), "amount=2000 currency=usd");
  // npm stripe, then PyPI stripe, then curl.
  EXPECT_EQ(understood("metadata[order]=6&payment_method_types[0]=card&"
                       "expand[0]=latest_charge.balance_transaction"),
            "metadata.order=6 payment_method_types.0=card "
            "expand.0=latest_charge.balance_transaction");
  EXPECT_EQ(understood("created%5Bgte%5D=5"), "created.gte=5");
  EXPECT_EQ(understood("expand[]=a&expand[]=b"), "expand.0=a expand.1=b");
  EXPECT_EQ(understood("description="), "description=");
  EXPECT_EQ(understood("description"), "description=");
  EXPECT_EQ(understood("a=x+y%2Bz%26&&b=%C3%A4"), "a=x y+z& b=\xc3\xa4");
  EXPECT_EQ(understood("shipping[address][city]=B&shipping[address][line1]=1&shipping[name]=N"),
            "shipping.address.city=B shipping.address.line1=1 shipping.name=N");
}

TEST(FormTest, AListStandsInTheOrderOfItsNumbers) {
  EXPECT_EQ(understood("a[10]=k&a[2]=c&a[0]=a"), "a.0=a a.2=c a.10=k");
  EXPECT_EQ(understood("a[5]=x&a[]=y"), "a.5=x a.6=y");
  EXPECT_EQ(understood("a[01]=x&a[1]=y"), "a.01=x a.1=y");  // two names
}

TEST(FormTest, RefusesWhatHasTwoMeanings) {
  EXPECT_EQ(understood("amount=1&amount=2"), "parameter_twice");
  EXPECT_EQ(understood("a[b]=1&a[b]=2"), "parameter_twice");
  EXPECT_EQ(understood("a=1&a[b]=2"), "parameter_twice");
  EXPECT_EQ(understood("a[b]=2&a=1"), "parameter_twice");
  EXPECT_EQ(understood("a[0]=1&a%5B0%5D=2"), "parameter_twice");
}

TEST(FormTest, RefusesWhatIsNoForm) {
  for (const char* wrong :
       {"a[=1", "a]=1", "a[b=1", "a[b]c=1", "a[b]]=1", "a[[b]]=1", "=1", "[a]=1", "a[][b]=1", "a=%",
        "a=%4", "a=%zz", "%=1", "a=%ff", "%ff=1", "a=%00", "a%00=1"}) {
    EXPECT_EQ(understood(wrong), "parameters_malformed") << wrong;
  }
  EXPECT_EQ(understood("a[b][c][d][e][f]=1"), "a.b.c.d.e.f=1");
  EXPECT_EQ(understood("a[b][c][d][e][f][g]=1"), "parameters_malformed");
  EXPECT_EQ(understood(std::string(kMaxFormNameBytes, 'a') + "=1").substr(0, 3), "aaa");
  EXPECT_EQ(understood(std::string(kMaxFormNameBytes + 1, 'a') + "=1"), "parameters_malformed");
}

TEST(FormTest, IsBounded) {
  std::string many;
  for (std::size_t i = 0; i < kMaxFormParameters; ++i) many += "a[]=" + std::to_string(i) + "&";
  EXPECT_TRUE(Form::parse(many).ok());
  EXPECT_EQ(understood(many + "b=1"), "too_many_parameters");
}

TEST(FormTest, CanonicalIsOfTheMeaningNotOfTheSpelling) {
  EXPECT_EQ(canonical("a=1&b=2"), canonical("b=2&a=1"));
  EXPECT_EQ(canonical("a[x]=1&a[y]=2"), canonical("a%5By%5D=2&a%5bx%5d=%31"));
  EXPECT_EQ(canonical("e[]=a&e[]=b"), canonical("e[1]=b&e[0]=a"));
  EXPECT_NE(canonical("e[]=a&e[]=b"), canonical("e[]=b&e[]=a"));
  EXPECT_NE(canonical("a=1"), canonical("a=2"));
  EXPECT_NE(canonical("a=1"), canonical("a[b]=1"));
  EXPECT_NE(canonical("a[0]=1"), canonical("a=1"));
  EXPECT_NE(canonical("metadata[2025]=1"), canonical("metadata[2026]=1"));
  EXPECT_NE(canonical("a="), canonical(""));
  EXPECT_NE(canonical("a=1&b=2"), canonical("a=1%26b%3D2"));
  EXPECT_NE(canonical("ab=c"), canonical("a=bc"));
}

TEST(FormTest, AQueryAndABodyAreOneForm) {
  EXPECT_EQ(Form::parse("a=1", "b=2")->canonical(), canonical("a=1&b=2"));
  EXPECT_FALSE(Form::parse("a=1", "a=2").ok());
}

}  // namespace
}  // namespace ashlar::payments::profile
