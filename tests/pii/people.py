"""Names, streets and telephone numbers of the locales of the corpus.

The first dozen is what thresholds were chosen on; the others were written down afterwards. None was made from the
program's own lists of names.
"""

import unicodedata

LOCALES = {
    "us": dict(
        given="James Mary Robert Patricia Ashley Tyler Brooklyn Mason Harper Aiden Destiny Wyatt Savannah Caleb Autumn "
        "Dakota Javier Keisha Latoya Trevor Connor Paige Hunter Sierra Marcus Tiffany Dustin Amber Shane Kendra",
        family="Smith Johnson Williams Brown Garcia Miller Rodriguez Hernandez Moore Jackson Thompson Nguyen Ramirez "
        "Campbell Mitchell Roberts Carter Phillips Evans Turner Collins Stewart Morris Murphy Cook Rogers",
        street="{n} {w} {s}",
        words="Maple Oak Washington Lake Hill Park Cedar Elm Sunset Jackson",
        suffixes="St|Street|Ave|Avenue|Rd|Drive|Ln|Blvd|Ct|Way",
        cities="Springfield Franklin Clinton Madison Salem",
        phone="({a}{b}{b}) {a}{b}{c}-{d}{d}{d}{d}",
    ),
    "uk": dict(
        given="Oliver Amelia Jack Isla Harry Ava George Mia Noah Poppy Alfie Freya Nigel Hamish Gareth Sian Imogen "
        "Barnaby Rupert Gemma Clive Tamsin Callum Bethan Angus Fiona Declan Niamh Trevor Hazel",
        family="Smith Jones Taylor Davies Wilson Evans Thomas Roberts Walker Wright Robinson Thompson White Hughes "
        "Edwards Green Lewis Wood Harris Martin Jackson Clarke Clark Turner Hill",
        street="{n} {w} {s}",
        words="Church Station Victoria High Mill Queens Kings Albert Green Manor",
        suffixes="Road|Street|Lane|Close|Avenue|Crescent|Terrace",
        cities="Leeds Bristol Reading Derby York",
        phone="+44 7{d}{d}{d} {d}{d}{d}{d}{d}{d}",
    ),
    "de": dict(
        given="Hans Ursula Jürgen Monika Wolfgang Petra Stefan Sabine Lukas Leonie Maximilian Mia Detlef Gudrun "
        "Hartmut Waltraud Ilse Burkhard Annika Jannik Merle Henning Frauke Volker Uwe Bärbel Ottmar Lina",
        family="Müller Schmidt Schneider Fischer Weber Meyer Wagner Becker Schulz Hoffmann Koch Bauer Richter Klein "
        "Wolf Schröder Neumann Schwarz Zimmermann Braun Krüger Hofmann Hartmann Lange Krause",
        street="{w}{s} {n}",
        words="Haupt Bahnhof Schul Garten Dorf Berg Linden Wald Kirch Wiesen",
        suffixes="straße|str.|weg|platz|allee|gasse",
        cities="Münster Kassel Freiburg Mainz Rostock",
        phone="0{a}{d} {d}{d}{d}{d}{d}{d}{d}",
    ),
    "fr": dict(
        given="Jean Marie Pierre Nathalie Michel Isabelle Camille Léa Manon Hugo Théo Inès Maëlys Gaspard Ghislaine "
        "Thibault Solène Yannick Capucine Rémi Odile Fabrice Josiane Bastien Noémie Loïc",
        family="Martin Bernard Dubois Thomas Robert Richard Petit Durand Leroy Moreau Simon Laurent Lefebvre Michel "
        "Garcia David Bertrand Roux Vincent Fournier Morel Girard André Lefèvre Mercier",
        street="{n} {s} {w}",
        words="Pasteur Voltaire Gambetta Jaurès Foch Moulin Église République Lilas Victor-Hugo",
        suffixes="rue|avenue|boulevard|place|impasse|rue de la|allée des|chemin du",
        cities="Lyon Nantes Lille Rennes Dijon",
        phone="0{a} {d}{d} {d}{d} {d}{d} {d}{d}",
    ),
    "es": dict(
        given="Antonio María Manuel Carmen José Ana Francisco Isabel Javier Lucía Pablo Martina Iker Nerea Gonzalo "
        "Consuelo Iñigo Macarena Borja Encarnación Jesús Montserrat Álvaro Itziar Rosa Fermín",
        family="García González Rodríguez Fernández López Martínez Sánchez Pérez Gómez Martín Jiménez Ruiz Hernández "
        "Díaz Moreno Muñoz Álvarez Romero Alonso Gutiérrez Navarro Torres Domínguez Vázquez",
        street="{s} {w}, {n}",
        words="Mayor Alcalá Goya Real Cervantes Colón Sol Luna Constitución Prado",
        suffixes="Calle|Avenida|Plaza|Paseo|C/",
        cities="Sevilla Valencia Bilbao Málaga Murcia",
        phone="+34 6{d}{d} {d}{d} {d}{d} {d}{d}",
    ),
    "it": dict(
        given="Giuseppe Maria Giovanni Anna Antonio Giulia Mario Sofia Luigi Aurora Francesco Chiara Ettore Ginevra "
        "Domenico Concetta Umberto Ornella Gianluca Loredana Tiziano Sabrina Nicolò Beatrice Elio Rita",
        family="Rossi Russo Ferrari Esposito Bianchi Romano Colombo Ricci Marino Greco Bruno Gallo Conti DeLuca Costa "
        "Giordano Mancini Rizzo Lombardi Moretti Barbieri Fontana Santoro Mariani Rinaldi",
        street="{s} {w} {n}",
        words="Roma Garibaldi Mazzini Dante Verdi Cavour Marconi Manzoni Libertà Torino",
        suffixes="Via|Viale|Piazza|Corso|Vicolo",
        cities="Bologna Firenze Bari Parma Verona",
        phone="+39 3{d}{d} {d}{d}{d}{d}{d}{d}{d}",
    ),
    "nl": dict(
        given="Jan Anna Pieter Maria Daan Emma Sem Tess Willem Johanna Bram Sophie Teun Roos Joris Mirjam Gijs Hanneke "
        "Floor Wouter Liesbeth Niels Aukje Koen Femke Rutger",
        family="Jansen Bakker Visser Smit Meijer Mulder Bos Vos Peters Hendriks Dekker Brouwer Dijkstra Smits Graaf "
        "Vermeulen Kok Jacobs Vries Berg Linden Schouten Willems Hoekstra Koster",
        street="{w}{s} {n}",
        words="Dorps Kerk Molen School Beuken Eiken Wilhelmina Juliana Prinsen Markt",
        suffixes="straat|weg|laan|plein|gracht",
        cities="Utrecht Leiden Delft Breda Zwolle",
        phone="06-{d}{d}{d}{d}{d}{d}{d}{d}",
    ),
    "pl": dict(
        given="Anna Piotr Katarzyna Krzysztof Małgorzata Andrzej Zuzanna Jakub Julia Antoni Hanna Bartosz Iwona "
        "Sławomir Grażyna Zdzisław Bożena Radosław Wiesława Dominik Kinga Przemysław Halina Oskar",
        family="Nowak Kowalski Wiśniewski Wójcik Kowalczyk Kamiński Lewandowski Zieliński Szymański Woźniak Dąbrowski "
        "Kozłowski Jankowski Mazur Kwiatkowski Krawczyk Piotrowski Grabowski Pawłowski Michalski",
        street="{s} {w} {n}",
        words="Długa Polna Leśna Słoneczna Krótka Szkolna Ogrodowa Lipowa Łąkowa Kwiatowa",
        suffixes="ul.|ulica|al.|aleja",
        cities="Lublin Gdynia Toruń Kielce Radom",
        phone="+48 {a}{d}{d} {d}{d}{d} {d}{d}{d}",
    ),
    "se": dict(
        given="Lars Anna Erik Eva Karl Maria Anders Karin Elsa Hugo Alva Liam Göran Gunilla Åke Birgit Torbjörn Ulla "
        "Viggo Ebba Stig Solveig Joakim Annika Rolf Maj",
        family="Andersson Johansson Karlsson Nilsson Eriksson Larsson Olsson Persson Svensson Gustafsson Pettersson "
        "Jonsson Jansson Hansson Bengtsson Jönsson Lindberg Jakobsson Magnusson Lindström",
        street="{w}{s} {n}",
        words="Stor Kyrko Skol Björk Drottning Kungs Ny Park Ring Linné",
        suffixes="gatan|vägen|gränd|torget",
        cities="Uppsala Lund Umeå Gävle Borås",
        phone="+46 70 {d}{d}{d} {d}{d} {d}{d}",
    ),
    "in": dict(
        given="Aarav Priya Rahul Ananya Vihaan Diya Sanjay Sunita Arjun Lakshmi Rohit Meena Farhan Gurpreet Harsha "
        "Jyoti Kiran Lata Manish Nandini Omkar Pallavi Rakesh Sneha Tarun Usha",
        family="Sharma Verma Gupta Singh Kumar Patel Reddy Nair Iyer Joshi Mehta Shah Das Rao Mishra Khan Pillai "
        "Chopra Bose Kulkarni Desai Banerjee",
        street="{n}, {w} {s}",
        words="Gandhi Nehru MG Station Temple Lake Park Church Residency Brigade",
        suffixes="Road|Marg|Nagar|Street",
        cities="Pune Jaipur Nagpur Indore Surat",
        phone="+91 9{d}{d}{d}{d} {d}{d}{d}{d}{d}",
    ),
    "br": dict(
        given="José Maria João Ana Antônio Francisca Carlos Adriana Thiago Camila Gabriel Larissa Vinícius Raimunda "
        "Wellington Jussara Caio Iara Edson Rosângela Murilo Tainá Davi Luana",
        family="Silva Santos Oliveira Souza Rodrigues Ferreira Alves Pereira Lima Gomes Costa Ribeiro Martins Carvalho "
        "Almeida Lopes Soares Fernandes Vieira Barbosa Rocha Dias",
        street="{s} {w}, {n}",
        words="Flores Paulista Brasil Ipiranga Bahia Amazonas Goiás Tiradentes Sete-de-Setembro Rosas",
        suffixes="Rua|Avenida|Travessa|Rua das|Alameda",
        cities="Curitiba Recife Manaus Belém Natal",
        phone="+55 11 9{d}{d}{d}{d}-{d}{d}{d}{d}",
    ),
    "jp": dict(
        given="太郎 花子 健太 陽子 翔太 美咲 大輔 直美 拓也 さくら 蓮 葵 悠真 結衣 隆 恵子",
        family="佐藤 鈴木 高橋 田中 伊藤 渡辺 山本 中村 小林 加藤 吉田 山田 松本 井上 木村 清水 山崎 池田 橋本 阿部 大野 菅原",
        street="{w}{n}丁目{n}-{n}",
        words="東京都新宿区西新宿 大阪府大阪市北区梅田 北海道札幌市中央区北 愛知県名古屋市中区栄 福岡県福岡市博多区祇園 "
        "京都府京都市左京区吉田 神奈川県横浜市西区高島",
        suffixes="",
        cities="東京 大阪 札幌",
        phone="+81 90-{d}{d}{d}{d}-{d}{d}{d}{d}",
    ),
    # --- held out -------------------------------------------------------------------------------
    "dk": dict(
        given="Mette Søren Kirsten Jørgen Hanne Niels Freja Mikkel Ida Rasmus Birthe Poul Lone Aksel Signe Troels",
        family="Nielsen Jensen Hansen Pedersen Andersen Christensen Larsen Sørensen Rasmussen Jørgensen Møller Holm",
        street="{w}{s} {n}",
        words="Vester Nørre Strand Skov Birke Kirke",
        suffixes="gade|vej|allé",
        cities="Aarhus Odense Aalborg",
        phone="+45 {a}{d} {d}{d} {d}{d} {d}{d}",
    ),
    "cz": dict(
        given="Jiří Jana Petr Hana Tomáš Lenka Pavel Věra Ondřej Tereza Vojtěch Eliška Zdeněk Alena Radek Ludmila",
        family="Novák Svoboda Novotný Dvořák Černý Procházka Kučera Veselý Horák Němec Pokorný Marek",
        street="{w} {n}",
        words="Nádražní Dlouhá Zahradní Školní Husova Komenského",
        suffixes="",
        cities="Brno Plzeň Olomouc",
        phone="+420 {a}{d}{d} {d}{d}{d} {d}{d}{d}",
    ),
    "tr": dict(
        given="Ayşe Mehmet Fatma Mustafa Zeynep Emre Elif Burak Hatice Murat Selin Cem Yasemin Serkan Gül Kerem",
        family="Yılmaz Kaya Demir Şahin Çelik Yıldız Öztürk Aydın Arslan Doğan Kılıç Aslan",
        street="{w} {s} No:{n}",
        words="Atatürk Cumhuriyet İnönü Gazi Barış Lale",
        suffixes="Caddesi|Sokak",
        cities="Ankara İzmir Bursa",
        phone="+90 5{d}{d} {d}{d}{d} {d}{d} {d}{d}",
    ),
    "au": dict(
        given="Jack Charlotte Lachlan Matilda Bruce Sheila Darcy Tahlia Flynn Indigo Mitchell Kylie Angus Bronwyn",
        family="Smith Jones Williams Brown Wilson Taylor Nguyen White Kelly Ryan Walsh Singh Mitchell Kennedy",
        street="Unit {u}/{n} {w} {s}",
        words="George Pitt Collins Bourke Flinders King",
        suffixes="Street|Parade|Road|Terrace",
        cities="Perth Hobart Cairns",
        phone="0{f}{d}{d} {d}{d}{d} {d}{d}{d}",
    ),
    "mx": dict(
        given="Guadalupe Juan Margarita Pedro Leticia Jesús Xochitl Arturo Yolanda Ernesto Citlali Raúl Alejandra Memo",
        family="Hernández García Martínez López González Pérez Rodríguez Sánchez Ramírez Cruz Flores Gómez",
        street="{s} {w} #{n}",
        words="Juárez Hidalgo Morelos Reforma Insurgentes Madero",
        suffixes="Calle|Av.|Blvd.",
        cities="Puebla Toluca Mérida",
        phone="+52 55 {d}{d}{d}{d} {d}{d}{d}{d}",
    ),
    "ie": dict(
        given="Seán Aoife Conor Ciara Patrick Siobhán Oisín Gráinne Eoin Róisín Brendan Deirdre Cillian Orla",
        family="Murphy Kelly O'Sullivan Walsh Smith O'Brien Byrne Ryan O'Connor O'Neill Doyle McCarthy Gallagher",
        street="{n} {w} {s}",
        words="Main Bridge Castle Abbey Chapel Mill",
        suffixes="Street|Road|Lane",
        cities="Cork Galway Sligo",
        phone="+353 8{d} {d}{d}{d} {d}{d}{d}{d}",
    ),
    # --- unseen ---------------------------------------------------------------------------------
    "fi": dict(
        given="Juhani Helena Matti Aino Eero Päivi Tuomas Riikka Veikko Anneli Onni Venla Ilmari Kaisa Pekka Satu Jari Outi",
        family="Korhonen Virtanen Mäkinen Nieminen Hämäläinen Laine Heikkinen Koskinen Järvinen Lehtonen Saarinen Salonen",
        street="{w}{s} {n}",
        words="Mannerheimin Koulu Ranta Kirkko Metsä",
        suffixes="tie|katu|polku",
        cities="Tampere Turku Oulu",
        phone="+358 4{d} {d}{d}{d} {d}{d}{d}{d}",
    ),
    "hu": dict(
        given="László Mária István Erzsébet József Katalin Zoltán Ilona Ferenc Éva Gábor Ágnes Attila Zsuzsanna Bence Réka",
        family="Nagy Kovács Tóth Szabó Horváth Varga Kiss Molnár Németh Farkas Balogh Papp Takács Juhász",
        street="{w} {s} {n}.",
        words="Kossuth Petőfi Rákóczi Ady Arany",
        suffixes="utca|út|tér",
        cities="Szeged Pécs Győr",
        phone="+36 30 {d}{d}{d} {d}{d}{d}{d}",
    ),
    "vn": dict(
        given="Anh Bình Châu Dũng Hạnh Hương Khánh Lan Linh Minh Ngọc Phương Quang Thảo Trang Tuấn",
        family="Nguyễn Trần Lê Phạm Hoàng Huỳnh Phan Vũ Võ Đặng Bùi Đỗ Hồ Ngô",
        street="{n} Đường {w}",
        words="Nguyễn-Huệ Lê-Lợi Trần-Phú Hai-Bà-Trưng",
        suffixes="",
        cities="Huế Vinh Đà-Lạt",
        phone="+84 9{d} {d}{d}{d} {d}{d} {d}{d}",
    ),
    "za": dict(
        given="Thabo Lerato Sipho Nomsa Pieter Annelie Johan Zanele Kagiso Lindiwe Hendrik Ayanda Willem Naledi Peter Susan",
        family="Nkosi Dlamini Botha VanWyk Khumalo Naidoo Mokoena Pretorius Zulu Smith Pillay Mthembu",
        street="{n} {w} {s}",
        words="Long Kloof Nelson-Mandela Voortrekker Beach",
        suffixes="Street|Road|Avenue|Drive",
        cities="Durban Gqeberha George",
        phone="0{e}2 {d}{d}{d} {d}{d}{d}{d}",
    ),
}
TUNED = "us uk de fr es it nl pl se in br jp".split()
HELD_OUT = "dk cz tr au mx ie".split()
UNSEEN = "fi hu vn za".split()


def given(rng, locale):
    return rng.choice(LOCALES[locale]["given"].split())


def family(rng, locale):
    return rng.choice(LOCALES[locale]["family"].split())


def full(rng, locale):
    if locale == "jp":
        return family(rng, locale) + " " + given(rng, locale)
    return given(rng, locale) + " " + family(rng, locale)


def street(rng, locale):
    data = LOCALES[locale]
    return data["street"].format(
        n=rng.randint(1, 199),
        u=rng.randint(1, 40),
        w=rng.choice(data["words"].split()),
        s=rng.choice(data["suffixes"].split("|")),
    )


def city(rng, locale):
    return rng.choice(LOCALES[locale]["cities"].split())


def phone(rng, locale):
    out = LOCALES[locale]["phone"]
    for mark, choices in (
        ("{a}", "23456789"),
        ("{b}", "02345678"),
        ("{c}", "023456789"),
        ("{d}", "0123456789"),
        ("{f}", "4"),
        ("{e}", "678"),
    ):
        while mark in out:
            out = out.replace(mark, rng.choice(choices), 1)
    return out


def email(rng, locale):
    hosts = (
        "example.com example.org mail.example.net post.example.co.uk firma-beispiel.de exemple.fr ejemplo.es "
        "posta.it voorbeeld.nl poczta.pl epost.se dak.in correio.com.br gmail.com outlook.com proton.me web.de"
    )
    names = "us" if locale == "jp" else locale
    local = unicodedata.normalize("NFKD", f"{given(rng, names)}.{family(rng, names)}".lower())
    local = "".join(char for char in local if char.isascii() and (char.isalnum() or char in ".-"))
    return f"{local}{rng.choice(['', rng.randint(1, 99), '+news'])}@{rng.choice(hosts.split())}"
