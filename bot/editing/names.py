"""Given names that nearly always name a person, and words that never do. All folded (bot/words.py)."""

from __future__ import annotations

from bot.words import fold


def _folded(words: str) -> frozenset[str]:
    return frozenset(fold(word) for word in words.split())


# Those borne by most people in Denmark (Statistics Denmark, "Navne i hele befolkningen"), apart from those that are also words.
GIVEN_NAMES = _folded("""
    peter michael lars jens thomas henrik søren christian jan martin morten jesper anders niels mads rasmus per hans jørgen jakob jacob
    kim ole christoffer kristoffer mikkel kristian torben jonas emil erik brian mathias bent simon nicolai nikolaj oliver frederik
    claus klaus allan bo flemming daniel alexander leif finn kurt tobias magnus knud poul carsten karsten john kenneth steffen ulrik
    sebastian lucas lukas gustav viktor victor oscar oskar anton noah william mohamed muhammad ahmed ali hassan omar mustafa ibrahim
    anne mette kirsten hanne anna helle susanne lene maria marianne lone inge camilla pia karen louise charlotte bente tina jette
    gitte emma ida jytte lis birgit ingrid mathilde julie sofie sofia lise christina kristina birthe birte ulla sarah sara sanne
    heidi maja nanna signe line trine stine rikke lotte dorte dorthe annette vibeke katrine cathrine nina elisabeth emilie laura
    cecilie caroline freja clara josefine johanne astrid ellen margit margrethe inger else gudrun tove kirstine malene maiken
    majbritt fatima aisha amina zahra olga natalia svetlana piotr krzysztof andrzej tomasz pawel ivan dmitri
""") - _folded("bo per else line ali jan lis noah")
# They begin sentences, or stand in companies' names and addresses.
COMMON_WORDS = _folded("""
    a/s aps ivs i/s k/s p/s amba smba fmba a s i aps og & og and the of for to ved på til fra med som den det de en et er har
    firma firmaet selskab selskabet virksomhed virksomheden company group holding danmark denmark dk com net org eu info mail kontakt
    contact gmail hotmail outlook live icloud yahoo post www http https
    kan skal må vil bør hvad hvor hvordan hvornår hvem hvilke hvilken hvilket hvorfor vi jeg du i man min mit mine vores jeres hej
    goddag kære hello hi dear can do does did is are was we you how what when where who why which our my your may must should
    om hvis når så ja nej tak please thanks hvis if in on at by from with also har have has kommune kommunen
""")
# They say nothing of what a question is about.
FUNCTION_WORDS = COMMON_WORDS | _folded("""
    at da her der hvis eller men ikke nogen noget nogle alle alt så også bare lige nu ud ind op ned over under efter før mod hos
    jer os dem deres dig mig sig ham hende være været bliver blev få får fik gøre gør gjort have havde skulle ville kunne
    måtte hedder andet anden egen samme sådan meget mere mange lidt kun mellem uden altså gerne spørgsmål spørge
    this that these those it its be been being will would could about into out up down not no any some all more than then there
    them they their me us him her get got need want know tell question just only very
""")
