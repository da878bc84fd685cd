#include "iq/packages.hpp"

#include <fstream>
#include <set>

#include <gtest/gtest.h>

#include "base/text.hpp"

namespace {

using iq::Packages;
namespace name = iq::name;

Packages with(const std::map<std::string, std::string>& overrides) {
  auto made = Packages::make(overrides);
  EXPECT_TRUE(made) << (made ? "" : made.error());
  return made ? *made : Packages{};
}

TEST(Packages, NamesAreComparedWithoutRegardToCase) {
  const Packages table;
  EXPECT_EQ(table.element({"TCPBCC", "estbnc"}), name::tcp_establish);
  EXPECT_EQ(table.parameter(name::tcp_change, "type"), name::tcp_change_type);
  EXPECT_EQ(table.value(name::tcp_change_type, "FAIL"), "Fail");
  EXPECT_EQ(table.value(name::own_match, "SESSION"), "session");
  ASSERT_NE(table.package("IPNAPT"), nullptr);
  EXPECT_EQ(table.package("IPNAPT")->id, 0x0099);
}

TEST(Packages, NumbersStandForEnumerationValues) {
  const Packages table;
  EXPECT_EQ(table.value(name::latch_mode, "2"), "RELATCH");
  EXPECT_EQ(table.value(name::latch_mode, "3"), "");
  EXPECT_EQ(table.value(name::general_cause, "1"), "NR");
}

TEST(Packages, WhatIsNotInTheTableIsNothing) {
  const Packages table;
  EXPECT_EQ(table.element({"nobody", "x"}), "");
  EXPECT_EQ(table.element({"gm", "x"}), "");
  EXPECT_EQ(table.element({"gm", "*"}), "");
  EXPECT_EQ(table.element({"tcpbcc", "BNCChange.Type"}), "");
  EXPECT_EQ(table.parameter(name::cause, "x"), "");
  EXPECT_EQ(table.value(name::cause, "x"), "");
  EXPECT_EQ(table.package("tcpbcc/EstBNC"), nullptr);
  EXPECT_EQ(table.info("tcpbcc"), nullptr);
}

TEST(Packages, EveryNameOfOursIsInTheTable) {
  const Packages table;
  for (const auto each : {name::realm,          name::realms_available,
                          name::realms_changed, name::source_filter,
                          name::source_mask,    name::port_filter,
                          name::port_mask,      name::explicit_source,
                          name::local_source,   name::policing,
                          name::sustained_rate, name::burst,
                          name::dscp,           name::latch,
                          name::heartbeat,      name::ip_stop,
                          name::inactivity,     name::tcp_establish,
                          name::tcp_release,    name::tcp_change,
                          name::tls_establish,  name::tls_release,
                          name::tls_change,     name::cause,
                          name::octets_sent,    name::octets_received,
                          name::duration,       name::interlinkage,
                          name::message_alg,    name::overload,
                          name::congestion,     name::own_match,
                          name::own_local,      name::own_bearer}) {
    EXPECT_NE(table.info(each), nullptr) << each;
    const auto written = table.written(each);
    EXPECT_EQ(written.package + '/' + written.item, each);
    EXPECT_EQ(table.element(written), each);
  }
  for (const auto each :
       {name::latch_mode, name::heartbeat_time, name::ip_stop_time, name::ip_stop_direction,
        name::inactivity_time, name::tcp_change_type, name::tls_change_type, name::general_cause,
        name::failure_cause, name::congestion_reduction, name::own_bearer_event, name::own_bearer_scope,
        name::own_bearer_cause, name::own_bearer_reason}) {
    const auto element = each.substr(0, each.find('.'));
    EXPECT_EQ(table.parameter(element, table.written_parameter(each)), each);
  }
}

TEST(Packages, IdsOfAPackageAreGivenOnceAKind) {
  std::set<unsigned> packages;
  for (const auto& package : iq::all_packages()) {
    EXPECT_TRUE(packages.insert(package.id).second) << package.name;
    std::set<std::pair<iq::ElementKind, unsigned>> elements;
    for (const auto& element : package.elements)
      EXPECT_TRUE(elements.insert({element.kind, element.id}).second) << package.name << '/' << element.name;
  }
}

TEST(Packages, SupportedOnesAreToldWithTheirVersions) {
  const auto all = Packages{}.supported();
  EXPECT_EQ(all.size(), iq::all_packages().size());
  EXPECT_EQ(all.front().name, "g");
  EXPECT_EQ(all.front().version, 2);
  EXPECT_TRUE(Packages{}.supports("TCPBCC"));
  EXPECT_FALSE(Packages{}.supports("tcpbcc/EstBNC"));
  EXPECT_FALSE(Packages{}.supports("nobody"));
}

TEST(PackageOverrides, AnElementIsWrittenAndReadUnderItsNewNameOnly) {
  const auto table = with({{"tcpbcc/EstBNC", "tcpbcc/EstTCP"}});
  EXPECT_EQ(table.written(name::tcp_establish), (h248::PackagedName{"tcpbcc", "EstTCP"}));
  EXPECT_EQ(table.element({"tcpbcc", "esttcp"}), name::tcp_establish);
  EXPECT_EQ(table.element({"tcpbcc", "EstBNC"}), "");
}

TEST(PackageOverrides, APackageIsRenamedWithAllThatIsInIt) {
  const auto table = with({{"tcpbcc", "tcpbcc2"}, {"tcpbcc/BNCChange", "tcpbcc2/Change"}});
  EXPECT_EQ(table.written(name::tcp_establish), (h248::PackagedName{"tcpbcc2", "EstBNC"}));
  EXPECT_EQ(table.element({"tcpbcc2", "EstBNC"}), name::tcp_establish);
  EXPECT_EQ(table.element({"tcpbcc", "EstBNC"}), "");
  EXPECT_EQ(table.element({"tcpbcc2", "change"}), name::tcp_change);
  EXPECT_EQ(table.package("tcpbcc"), nullptr);
  ASSERT_NE(table.package("tcpbcc2"), nullptr);
  EXPECT_EQ(table.package("tcpbcc2")->name, "tcpbcc");
}

TEST(PackageOverrides, ParametersAndValuesHaveNewNamesToo) {
  const auto table = with({{"tcpbcc/BNCChange.Type", "tcpbcc/BNCChange.Kind"},
                           {"tcpbcc/BNCChange.Type=Est", "tcpbcc/BNCChange.Type=up"},
                           {"xpostern/match=uri", "xpostern/match=whole"}});
  EXPECT_EQ(table.parameter(name::tcp_change, "kind"), name::tcp_change_type);
  EXPECT_EQ(table.parameter(name::tcp_change, "Type"), "");
  EXPECT_EQ(table.written_parameter(name::tcp_change_type), "Kind");
  EXPECT_EQ(table.written_value(name::tcp_change_type, "Est"), "up");
  EXPECT_EQ(table.value(name::tcp_change_type, "UP"), "Est");
  EXPECT_EQ(table.value(name::tcp_change_type, "Est"), "");
  EXPECT_EQ(table.value(name::own_match, "whole"), "uri");
  EXPECT_EQ(table.value(name::tls_change_type, "Est"), "Est");
}

TEST(PackageOverrides, APackageCanBeSwitchedOff) {
  const auto table = with({{"TLSBSC", "-"}});
  EXPECT_FALSE(table.supports("tlsbsc"));
  EXPECT_EQ(table.package("tlsbsc"), nullptr);
  EXPECT_EQ(table.element({"tlsbsc", "EstBNC"}), "");
  for (const auto& each : table.supported()) EXPECT_NE(each.name, "tlsbsc");
}

TEST(PackageOverrides, ThatMeanNothingAreNamed) {
  for (const auto& [own, written] : std::map<std::string, std::string>{{"nobody", "x"},
                                                                       {"tcpbcc/EstBNC", "-"},
                                                                       {"tcpbcc/EstBNC", "EstTCP"},
                                                                       {"tcpbcc", "a/b"},
                                                                       {"tcpbcc", ""},
                                                                       {"gm/saf", "gm/"},
                                                                       {"tcpbcc/BNCChange.Type", "x/y"}}) {
    const auto made = Packages::make({{own, written}});
    ASSERT_FALSE(made) << own;
    EXPECT_NE(made.error().find(own), std::string::npos);
  }
  EXPECT_FALSE(Packages::make({{"gm/saf", "gm/x"}, {"gm/spf", "GM/X"}}));
}

TEST(Packages, IdsAreThoseOfTheRegistry) {
  std::ifstream file(POSTERN_SOURCE_DIR "/tests/data/registry/h248_packages.txt");
  ASSERT_TRUE(file);
  std::map<std::string, unsigned> registry;
  std::string line_text;
  while (std::getline(file, line_text)) {
    std::string_view line = line_text;
    const auto package = base::take_until(line, ' ');
    registry[std::string(package)] = static_cast<unsigned>(std::stoul(std::string(line), nullptr, 16));
  }
  for (const auto& package : iq::all_packages()) {
    const bool ours = package.sureness == iq::Sureness::own;
    EXPECT_EQ(registry[std::string(package.name)], ours ? 0u : package.id) << package.name;
  }
}

}  // namespace
