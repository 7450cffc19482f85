// What PEGTL's own analysis must know of the combinators here. In: the templates of control.hpp; out: which of them surely take a token, so
// that `pegtl::analyze` finds rules that would loop without progress.
#pragma once

#include <tao/pegtl.hpp>
#include <tao/pegtl/contrib/analyze.hpp>

#include "grammar/control.hpp"

namespace TAO_PEGTL_NAMESPACE {

namespace psdl_grammar = ::psdl::grammar;

// Takes nothing.
template <class Name, psdl_grammar::Token... T>
struct analyze_traits<Name, psdl_grammar::peek<T...>> : analyze_opt_traits<> {};
template <class Name, class Question>
struct analyze_traits<Name, psdl_grammar::ask<Question>> : analyze_opt_traits<> {};
template <class Name, class Fact>
struct analyze_traits<Name, psdl_grammar::tell<Fact>> : analyze_opt_traits<> {};
template <class Name, class... Rules>
struct analyze_traits<Name, psdl_grammar::ahead<Rules...>> : analyze_opt_traits<Rules...> {};
template <class Name, class... Rules>
struct analyze_traits<Name, psdl_grammar::ahead_with_all_keywords<Rules...>> : analyze_opt_traits<Rules...> {};

// Takes a token, or never succeeds.
template <class Name>
struct analyze_traits<Name, psdl_grammar::step> : analyze_any_traits<> {};
template <class Name>
struct analyze_traits<Name, psdl_grammar::step_raw> : analyze_any_traits<> {};
template <class Name, bool Raw>
struct analyze_traits<Name, psdl_grammar::step_template<Raw>> : analyze_any_traits<> {};
template <class Name, class Fault>
struct analyze_traits<Name, psdl_grammar::refuse<Fault>> : analyze_any_traits<> {};
template <class Name, class Message>
struct analyze_traits<Name, psdl_grammar::complain<Message>> : analyze_any_traits<> {};
template <class Name, class Message>
struct analyze_traits<Name, psdl_grammar::object_to<Message>> : analyze_any_traits<> {};
template <class Name, int Number>
struct analyze_traits<Name, psdl_grammar::retreat<Number>> : analyze_any_traits<> {};

// One after the other.
template <class Name, class... Rules>
struct analyze_traits<Name, psdl_grammar::attempt<Rules...>> : analyze_seq_traits<Rules...> {};
template <class Name, class... Rules>
struct analyze_traits<Name, psdl_grammar::attempt_afresh<Rules...>> : analyze_seq_traits<Rules...> {};
template <class Name, class... Rules>
struct analyze_traits<Name, psdl_grammar::nested<Rules...>> : analyze_seq_traits<Rules...> {};
template <class Name, class Rule>
struct analyze_traits<Name, psdl_grammar::remembered<Rule>> : analyze_seq_traits<Rule> {};
template <class Name, class Rule>
struct analyze_traits<Name, psdl_grammar::with_base_keywords<Rule>> : analyze_seq_traits<Rule> {};

// One of them.
template <class Name, class Cond, class Then, class Else>
struct analyze_traits<Name, psdl_grammar::choose<Cond, Then, Else>> : analyze_sor_traits<seq<Cond, Then>, Else> {};
template <class Name, class... Rows>
struct analyze_traits<Name, psdl_grammar::dispatch<Rows...>> : analyze_sor_traits<typename Rows::rule...> {};
template <class Name, class First, class Second, int Number>
struct analyze_traits<Name, psdl_grammar::fallback<First, Second, Number>> : analyze_sor_traits<First, Second> {};
template <class Name, class... Rules>
struct analyze_traits<Name, psdl_grammar::first_of<Rules...>> : analyze_sor_traits<Rules...> {};
template <class Name, class Main, class Probe, class Complaint>
struct analyze_traits<Name, psdl_grammar::explain_by<Main, Probe, Complaint>> : analyze_sor_traits<Main, seq<Probe, Complaint>> {};

// Again and again: each round must take something.
template <class Name, class... Rows>
struct analyze_traits<Name, psdl_grammar::loop<Rows...>> : analyze_opt_traits<sor<typename Rows::rule...>, psdl_grammar::loop<Rows...>> {};
template <class Name, class Done, class Step>
struct analyze_traits<Name, psdl_grammar::repeat_until<Done, Step>> : analyze_opt_traits<Step, psdl_grammar::repeat_until<Done, Step>> {};
template <class Name, class Step, class Again>
struct analyze_traits<Name, psdl_grammar::repeat_while<Step, Again>> : analyze_opt_traits<Step, Again, psdl_grammar::repeat_while<Step, Again>> {};

}  // namespace TAO_PEGTL_NAMESPACE
