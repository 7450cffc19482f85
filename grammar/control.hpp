// How rules over tokens are put together. In: rules; out: bigger rules.
//
// The input of these rules is a stream of tokens with one token in hand (src/syntax/parse_state.hpp). A rule that fails leaves the stream
// where it failed: only `attempt`, `ahead`, `fallback` and `first_of` go back, and they take the errors noted meanwhile with them. That is how the
// errors of the alternative that got furthest on purpose survive, and why PEGTL's own rewinding combinators (opt, at, sor over
// rules that consume) are not used above tokens. PEGTL's seq, star and success/failure are.
#pragma once

#include <tao/pegtl.hpp>
#include <type_traits>

#include "grammar/token.hpp"

namespace psdl::grammar {

namespace pegtl = tao::pegtl;
using pegtl::failure;
using pegtl::seq;
using pegtl::star;
using pegtl::success;

#define PSDL_GRAMMAR_MATCH                                                                                                                       \
  template <pegtl::apply_mode A, pegtl::rewind_mode M, template <class...> class Action, template <class...> class Control, class In, class... S> \
  [[nodiscard]] static bool match(In& in, S&&... st)
#define PSDL_GRAMMAR_TRY(Rule) Control<Rule>::template match<A, pegtl::rewind_mode::dontcare, Action, Control>(in, st...)

// The token in hand is one of these; it stays in hand.
template <Token... T>
struct peek {
  using rule_t = peek;
  using subs_t = pegtl::empty_list;
  template <class In>
  [[nodiscard]] static bool match(In& in) {
    return ((in.token() == T) || ...);
  }
};

// Take the next token in hand; blanks and comments are passed over.
struct step {
  using rule_t = step;
  using subs_t = pegtl::empty_list;
  template <class In>
  [[nodiscard]] static bool match(In& in) {
    in.step();
    return true;
  }
};

// The same, but a blank is a token too: `f (x)` is no call.
struct step_raw {
  using rule_t = step_raw;
  using subs_t = pegtl::empty_list;
  template <class In>
  [[nodiscard]] static bool match(In& in) {
    in.step_raw();
    return true;
  }
};

// After the `}` of an expression in a template: its text goes on.
template <bool Raw>
struct step_template {
  using rule_t = step_template;
  using subs_t = pegtl::empty_list;
  template <class In>
  [[nodiscard]] static bool match(In& in) {
    in.step_template(Raw);
    return true;
  }
};

// One of these tokens, stepped over.
template <Token... T>
struct tok : seq<peek<T...>, step> {};

// A question that the text alone does not answer (which keywords are on, what was built so far). It may note an error of its own.
template <class Question>
struct ask {
  using rule_t = ask;
  using subs_t = pegtl::empty_list;
  template <class In>
  [[nodiscard]] static bool match(In& in) {
    return in.ask(Question{});
  }
};

// A question whose answer is always no: it notes an error of its own, made from what was built so far.
template <class Fault>
struct refuse {
  using rule_t = refuse;
  using subs_t = pegtl::empty_list;
  template <class In>
  [[nodiscard]] static bool match(In& in) {
    static_cast<void>(in.ask(Fault{}));
    return false;
  }
};

// Something to note; always matches.
template <class Fact>
struct tell {
  using rule_t = tell;
  using subs_t = pegtl::empty_list;
  template <class In>
  [[nodiscard]] static bool match(In& in) {
    in.tell(Fact{});
    return true;
  }
};

// Fails with "unexpected <token in hand>: <text of the message>".
template <class Message>
struct complain {
  using rule_t = complain;
  using subs_t = pegtl::empty_list;
  template <class In>
  [[nodiscard]] static bool match(In& in) {
    in.unexpected(Message::text());
    return false;
  }
};

// Fails with the text of the message, at the token in hand.
template <class Message>
struct object_to {
  using rule_t = object_to;
  using subs_t = pegtl::empty_list;
  template <class In>
  [[nodiscard]] static bool match(In& in) {
    in.error_here(Message::text());
    return false;
  }
};

// If Cond matches, Then decides, else Else. What Cond took or noted stays.
template <class Cond, class Then, class Else = success>
struct choose {
  using rule_t = choose;
  using subs_t = pegtl::type_list<Cond, Then, Else>;
  PSDL_GRAMMAR_MATCH {
    return PSDL_GRAMMAR_TRY(Cond) ? PSDL_GRAMMAR_TRY(Then) : PSDL_GRAMMAR_TRY(Else);
  }
};

// Must match, or fails with the message.
template <class Rule, class Message>
struct expect : choose<Rule, success, complain<Message>> {};

// Rows of `dispatch` and `loop`: the rule to go by when the token in hand is one of these.
template <class Rule, Token... T>
struct when {
  using rule = Rule;
  template <class In>
  static bool holds(In& in) {
    return ((in.token() == T) || ...);
  }
};
template <class Rule>
struct otherwise {
  using rule = Rule;
  template <class In>
  static bool holds(In& /*in*/) {
    return true;
  }
};

// The first row that holds decides; no row: fails.
template <class... Rows>
struct dispatch {
  using rule_t = dispatch;
  using subs_t = pegtl::type_list<typename Rows::rule...>;
  PSDL_GRAMMAR_MATCH {
    bool matched = false;
    static_cast<void>(((Rows::holds(in) && ((matched = PSDL_GRAMMAR_TRY(typename Rows::rule)), true)) || ...));
    return matched;
  }
};

// As long as a row holds, its rule must match.
template <class... Rows>
struct loop {
  using rule_t = loop;
  using subs_t = pegtl::type_list<pegtl::opt<typename Rows::rule>...>;
  PSDL_GRAMMAR_MATCH {
    for (;;) {
      bool matched = false;
      if (!((Rows::holds(in) && ((matched = PSDL_GRAMMAR_TRY(typename Rows::rule)), true)) || ...)) return true;
      if (!matched) return false;
    }
  }
};

// Until Done holds, Step must match.
template <class Done, class Step>
struct repeat_until {
  using rule_t = repeat_until;
  using subs_t = pegtl::type_list<Done, pegtl::opt<Step>>;
  PSDL_GRAMMAR_MATCH {
    while (!PSDL_GRAMMAR_TRY(Done)) {
      if (!PSDL_GRAMMAR_TRY(Step)) return false;
    }
    return true;
  }
};

// Step as often as it matches and Again holds behind it; always matches.
template <class Step, class Again>
struct repeat_while {
  using rule_t = repeat_while;
  using subs_t = pegtl::type_list<pegtl::opt<Step>, pegtl::opt<Again>>;
  PSDL_GRAMMAR_MATCH {
    while (PSDL_GRAMMAR_TRY(Step) && PSDL_GRAMMAR_TRY(Again)) {
    }
    return true;
  }
};

// All of them, or back to where it began.
template <class... Rules>
struct attempt {
  using rule_t = attempt;
  using subs_t = pegtl::type_list<Rules...>;
  PSDL_GRAMMAR_MATCH {
    const auto mark = in.save();
    if ((PSDL_GRAMMAR_TRY(Rules) && ...)) return true;
    in.restore(mark);
    return false;
  }
};

// `attempt` that also forgets the terms remembered meanwhile: they were read under another meaning of the braces.
template <class... Rules>
struct attempt_afresh {
  using rule_t = attempt_afresh;
  using subs_t = pegtl::type_list<Rules...>;
  PSDL_GRAMMAR_MATCH {
    const auto mark = in.save();
    const auto remembered = in.remembered();
    if ((PSDL_GRAMMAR_TRY(Rules) && ...)) return true;
    in.restore(mark);
    in.set_remembered(remembered);
    return false;
  }
};

// Whether all of them would match; always goes back.
template <class... Rules>
struct ahead {
  using rule_t = ahead;
  using subs_t = pegtl::type_list<pegtl::at<pegtl::seq<Rules...>>>;
  PSDL_GRAMMAR_MATCH {
    const auto mark = in.save();
    const bool matched = (PSDL_GRAMMAR_TRY(Rules) && ...);
    in.restore(mark);
    return matched;
  }
};

// `ahead`, read as if every keyword were on: what a hint at a missing import rests on.
template <class... Rules>
struct ahead_with_all_keywords {
  using rule_t = ahead_with_all_keywords;
  using subs_t = pegtl::type_list<pegtl::at<pegtl::seq<Rules...>>>;
  PSDL_GRAMMAR_MATCH {
    const auto mark = in.save();
    const auto before = in.all_keywords();
    const bool matched = (PSDL_GRAMMAR_TRY(Rules) && ...);
    in.keywords(before);
    in.restore(mark);
    return matched;
  }
};

// Read as if no keyword were on that an import can turn on: the paths of imports.
template <class Rule>
struct with_base_keywords {
  using rule_t = with_base_keywords;
  using subs_t = pegtl::type_list<Rule>;
  PSDL_GRAMMAR_MATCH {
    const auto before = in.base_keywords();
    const bool matched = PSDL_GRAMMAR_TRY(Rule);
    in.keywords(before);
    return matched;
  }
};

// Says to the nearest `fallback` of the same number: this was the wrong reading.
template <int Number>
struct retreat {
  using rule_t = retreat;
  using subs_t = pegtl::empty_list;
  template <class In>
  [[nodiscard]] static bool match(In& in) {
    in.retreat(Number);
    return false;
  }
};

// First; if it retreats, back to where it began and Second. If it fails otherwise, that is the failure.
template <class First, class Second, int Number>
struct fallback {
  using rule_t = fallback;
  using subs_t = pegtl::type_list<First, Second>;
  PSDL_GRAMMAR_MATCH {
    const auto mark = in.save();
    if (PSDL_GRAMMAR_TRY(First)) return true;
    if (!in.caught_retreat(Number)) return false;
    in.restore(mark);
    return PSDL_GRAMMAR_TRY(Second);
  }
};

// The first that matches. One that fails having noted errors ends the search.
template <class... Rules>
struct first_of {
  using rule_t = first_of;
  using subs_t = pegtl::type_list<pegtl::sor<Rules...>>;
  PSDL_GRAMMAR_MATCH {
    const auto mark = in.save();
    bool matched = false;
    static_cast<void>((((matched = PSDL_GRAMMAR_TRY(Rules)) || in.has_errors() || (in.restore(mark), false)) || ...));
    return matched;
  }
};

// Main; when it fails: were the braces a value after all? If Probe reads one from the start, Complaint says so, else the errors of Main stand.
template <class Main, class Probe, class Complaint>
struct explain_by {
  using rule_t = explain_by;
  using subs_t = pegtl::type_list<Main, Probe, Complaint>;
  PSDL_GRAMMAR_MATCH {
    const auto mark = in.save();
    if (PSDL_GRAMMAR_TRY(Main)) return true;
    const auto failed = in.save();
    in.restore(mark);
    if (PSDL_GRAMMAR_TRY(Probe)) {
      static_cast<void>(PSDL_GRAMMAR_TRY(Complaint));
      return false;
    }
    in.restore(failed);
    return false;
  }
};

// Counts nesting: a text that nests too deep is refused here.
template <class... Rules>
struct nested {
  using rule_t = nested;
  using subs_t = pegtl::type_list<Rules...>;
  PSDL_GRAMMAR_MATCH {
    if (!in.enter()) return false;
    const bool matched = (PSDL_GRAMMAR_TRY(Rules) && ...);
    in.leave();
    return matched;
  }
};

// Remembers what was read at a place, success or failure, so that a second reading costs nothing.
template <class Rule>
struct remembered {
  using rule_t = remembered;
  using subs_t = pegtl::type_list<Rule>;
  PSDL_GRAMMAR_MATCH {
    if (const auto known = in.recall()) return *known;
    const auto place = in.place();
    const bool matched = PSDL_GRAMMAR_TRY(Rule);
    in.remember(place, matched);
    return matched;
  }
};

}  // namespace psdl::grammar
