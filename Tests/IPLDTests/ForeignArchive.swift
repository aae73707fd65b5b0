/// Archives that another implementation wrote (the reference implementation of UCAN invocations in JavaScript, run for
/// these tests with keys of our choice), each with what it holds.
struct ForeignArchive: Sendable, CustomStringConvertible {
    let description: String
    let root: String
    let byteCount: Int
    let blockCount: Int
    let sha256: String
    let text: String

    static let all = [delegation, request, response]

    static let delegation = ForeignArchive(
        description: "delegation",
        root: "bafyreiff774lyx3nncyejbuxicetr2663nrhtz65ow7ykx7tl6vyhcrp54",
        byteCount: 545,
        blockCount: 2,
        sha256: "c2473e69342a6cc5cdf5b1834ec44c5622d3ef76a47c0fdf8a3285803ec02a5a",
        text:
            "OqJlcm9vdHOB2CpYJQABcRIgpf_4vF9taLBEhpdAiTjr3ttieefddb-FX_Nfq4OKL-9ndmVyc2lvbgGKAwFxEiC7XqZpHem_y_X0EOqVLCJlhu"
            + "0Y7J4F6k90JqNEhKSlHqhhc1hE7aEDQJF8qSXE-KDisXDpLDBenGxdBBDALMZDpWuOdlAZdHXkcrs_Vm4BeRfR0pTXWxWfFvN5v-L3ynmqNZWc"
            + "qFPKIwhhdmUwLjkuMWNhdHSComNjYW5nc3RvcmUvKmR3aXRoeDhkaWQ6a2V5Ono2TWtrODliQzNKclZxS2llNzFZRWNjNU0xU01WeHVDZ054Nn"
            + "pMWjhTWUpzeEFMaaJjY2FuaHVwbG9hZC8qZHdpdGh4OGRpZDprZXk6ejZNa2s4OWJDM0pyVnFLaWU3MVlFY2M1TTFTTVZ4dUNnTng2ekxaOFNZ"
            + "SnN4QUxpY2F1ZFgi7QER69eAvVXvc8P2yc4Iig42Bv7JD2zJxhyFALyTKBHipmNleHAadzWUAGNmY3SBoWVzcGFjZaFkbmFtZWZwaG90b3NjaX"
            + "NzWCLtAVRAyYxLuqrhSFPMqfdf02P_jGCvBr5SqEw56jgqLwlTY3ByZoBZAXESIKX_-LxfbWiwRIaXQIk4697bYnnn3XW_hV_zX6uDii_voWp1"
            + "Y2FuQDAuOS4x2CpYJQABcRIgu16maR3pv8v19BDqlSwiZYbtGOyeBepPdCajRISkpR4"
    )

    static let request = ForeignArchive(
        description: "request",
        root: "bafyreibcglrjmrods3z5pmswhki6wrqw7z2ta2knqtdqeufcit7m72jjku",
        byteCount: 953,
        blockCount: 3,
        sha256: "d96c64c1c680a3c9aa2093540065bd72ad3f84a5b6b82e0e3a5e0f4c9456d4f4",
        text:
            "OqJlcm9vdHOB2CpYJQABcRIgIjLilkXDlvPXslY6ketGFv51MGlNhMcCUKJE_s_pKVVndmVyc2lvbgGKAwFxEiC7XqZpHem_y_X0EOqVLCJlhu"
            + "0Y7J4F6k90JqNEhKSlHqhhc1hE7aEDQJF8qSXE-KDisXDpLDBenGxdBBDALMZDpWuOdlAZdHXkcrs_Vm4BeRfR0pTXWxWfFvN5v-L3ynmqNZWc"
            + "qFPKIwhhdmUwLjkuMWNhdHSComNjYW5nc3RvcmUvKmR3aXRoeDhkaWQ6a2V5Ono2TWtrODliQzNKclZxS2llNzFZRWNjNU0xU01WeHVDZ054Nn"
            + "pMWjhTWUpzeEFMaaJjY2FuaHVwbG9hZC8qZHdpdGh4OGRpZDprZXk6ejZNa2s4OWJDM0pyVnFLaWU3MVlFY2M1TTFTTVZ4dUNnTng2ekxaOFNZ"
            + "SnN4QUxpY2F1ZFgi7QER69eAvVXvc8P2yc4Iig42Bv7JD2zJxhyFALyTKBHipmNleHAadzWUAGNmY3SBoWVzcGFjZaFkbmFtZWZwaG90b3NjaX"
            + "NzWCLtAVRAyYxLuqrhSFPMqfdf02P_jGCvBr5SqEw56jgqLwlTY3ByZoCCAwFxEiBWXRNEH-kv21-t3NP0JQpyUna5FVpD9J-DpPjP_Z2vSqhh"
            + "c1hE7aEDQIZaIeSJH-SFwCpzScIl10w3dgNYYCDhZ5JoTFUtlE5xMrITzI-mLDWsPLPvGfHZ5sR79CX-PXrZbtdYu_thaAlhdmUwLjkuMWNhdH"
            + "SBo2JuYqJkbGlua9gqWCYAAYIEEiD1xX-dCBM_IXdbBcKS6dOlOtfOfgxHmfAdoszfQEUdiGRzaXplGQTSY2NhbmlzdG9yZS9hZGRkd2l0aHg4"
            + "ZGlkOmtleTp6Nk1razg5YkMzSnJWcUtpZTcxWUVjYzVNMVNNVnh1Q2dOeDZ6TFo4U1lKc3hBTGljYXVkVJ0ad2ViOnVwLmV4YW1wbGUuY29tY2"
            + "V4cBp3NZQAY2lzc1gi7QER69eAvVXvc8P2yc4Iig42Bv7JD2zJxhyFALyTKBHipmNubmNibjFjcHJmgdgqWCUAAXESILtepmkd6b_L9fQQ6pUs"
            + "ImWG7RjsngXqT3Qmo0SEpKUebQFxEiAiMuKWRcOW89eyVjqR60YW_nUwaU2ExwJQokT-z-kpVaF0dWNhbnRvL21lc3NhZ2VANy4wLjChZ2V4ZW"
            + "N1dGWB2CpYJQABcRIgVl0TRB_pL9tfrdzT9CUKclJ2uRVaQ_Sfg6T4z_2dr0o"
    )

    static let response = ForeignArchive(
        description: "response",
        root: "bafyreiee4rotudqvclkm2v4ohf7y4a7xnsa2d3ultpdx7nkxhxoadjrec4",
        byteCount: 1367,
        blockCount: 4,
        sha256: "fbb1a043cf3eb9b8f535793088556dd238174f8a658de8f8dc6bdc39e95370af",
        text:
            "OqJlcm9vdHOB2CpYJQABcRIghORdOg4VEtTNV445f44D92yBoe6Lm8d_tVc93AGmJBdndmVyc2lvbgGKAwFxEiC7XqZpHem_y_X0EOqVLCJlhu"
            + "0Y7J4F6k90JqNEhKSlHqhhc1hE7aEDQJF8qSXE-KDisXDpLDBenGxdBBDALMZDpWuOdlAZdHXkcrs_Vm4BeRfR0pTXWxWfFvN5v-L3ynmqNZWc"
            + "qFPKIwhhdmUwLjkuMWNhdHSComNjYW5nc3RvcmUvKmR3aXRoeDhkaWQ6a2V5Ono2TWtrODliQzNKclZxS2llNzFZRWNjNU0xU01WeHVDZ054Nn"
            + "pMWjhTWUpzeEFMaaJjY2FuaHVwbG9hZC8qZHdpdGh4OGRpZDprZXk6ejZNa2s4OWJDM0pyVnFLaWU3MVlFY2M1TTFTTVZ4dUNnTng2ekxaOFNZ"
            + "SnN4QUxpY2F1ZFgi7QER69eAvVXvc8P2yc4Iig42Bv7JD2zJxhyFALyTKBHipmNleHAadzWUAGNmY3SBoWVzcGFjZaFkbmFtZWZwaG90b3NjaX"
            + "NzWCLtAVRAyYxLuqrhSFPMqfdf02P_jGCvBr5SqEw56jgqLwlTY3ByZoCCAwFxEiBWXRNEH-kv21-t3NP0JQpyUna5FVpD9J-DpPjP_Z2vSqhh"
            + "c1hE7aEDQIZaIeSJH-SFwCpzScIl10w3dgNYYCDhZ5JoTFUtlE5xMrITzI-mLDWsPLPvGfHZ5sR79CX-PXrZbtdYu_thaAlhdmUwLjkuMWNhdH"
            + "SBo2JuYqJkbGlua9gqWCYAAYIEEiD1xX-dCBM_IXdbBcKS6dOlOtfOfgxHmfAdoszfQEUdiGRzaXplGQTSY2NhbmlzdG9yZS9hZGRkd2l0aHg4"
            + "ZGlkOmtleTp6Nk1razg5YkMzSnJWcUtpZTcxWUVjYzVNMVNNVnh1Q2dOeDZ6TFo4U1lKc3hBTGljYXVkVJ0ad2ViOnVwLmV4YW1wbGUuY29tY2"
            + "V4cBp3NZQAY2lzc1gi7QER69eAvVXvc8P2yc4Iig42Bv7JD2zJxhyFALyTKBHipmNubmNibjFjcHJmgdgqWCUAAXESILtepmkd6b_L9fQQ6pUs"
            + "ImWG7RjsngXqT3Qmo0SEpKUe3wIBcRIgStacnvR_xkaYHTFN49oLwUjuTZKrTyz-XUM340m0WRyiY29jbaZiZnihZGZvcmuAY2lzc3ZkaWQ6d2"
            + "ViOnVwLmV4YW1wbGUuY29tY291dKFib2ukZGxpbmvYKlgmAAGCBBIg9cV_nQgTPyF3WwXCkunTpTrXzn4MR5nwHaLM30BFHYhkd2l0aHg4ZGlk"
            + "OmtleTp6Nk1razg5YkMzSnJWcUtpZTcxWUVjYzVNMVNNVnh1Q2dOeDZ6TFo4U1lKc3hBTGlmc3RhdHVzZGRvbmVpYWxsb2NhdGVkAGNwcmaAY3"
            + "JhbtgqWCUAAXESIFZdE0Qf6S_bX63c0_QlCnJSdrkVWkP0n4Ok-M_9na9KZG1ldGGgY3NpZ1hE7aEDQBTstWcjkHnd6F6wXH_Sk0HXkGE4Pdd-"
            + "aScQyWl3Y98-FBF30YEQu3HBN6DNk-lK33Yix6VX6pXWGs_s50SEPQupAQFxEiCE5F06DhUS1M1Xjjl_jgP3bIGh7oubx3-1Vz3cAaYkF6F0dW"
            + "NhbnRvL21lc3NhZ2VANy4wLjChZnJlcG9ydKF4O2JhZnlyZWljd2x1anVpaDdqZjdudjdsbzQycDJja2N0c2tqM2xzZmsyaXAyajdhNWU3ZGg3"
            + "M2hucGpp2CpYJQABcRIgStacnvR_xkaYHTFN49oLwUjuTZKrTyz-XUM340m0WRw"
    )
}
